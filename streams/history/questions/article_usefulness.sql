-- Article usefulness: which articles solve issues, and which are only shown.
--
-- `shown`, `accepted` and `rejected` are counted as customers answered, by the Knowledge agent;
-- `success_rate` is accepted against both answers: all four as in v1_articles. `resolved` is how
-- many tickets the article resolved without a person, and `came_back` how many more it resolved
-- that were opened again since. Articles that were taken away are not here.
WITH published AS (
    SELECT article_id, max_by(outcome, event_sequence) AS state
    FROM "ArticleAdopted" GROUP BY article_id
),
titled AS (
    SELECT article_id, max_by(title, (event_at, event_offset)) AS title,
           max_by(category, (event_at, event_offset)) AS category
    FROM "ArticlePublished" GROUP BY article_id
),
tracked AS (
    SELECT article_id, max_by(struct_pack(shown := shown, accepted := accepted,
                                          rejected := rejected), event_sequence) AS last
    FROM "SolutionTracked" GROUP BY article_id
),
solved AS (
    SELECT r.solution_id AS article_id,
           count(*) FILTER (WHERE t.automatic AND t.resolved_at = r.event_at) AS resolved,
           count(DISTINCT r.ticket_id) FILTER (WHERE t.reopened > 0
                                               AND t.resolved_at IS DISTINCT FROM r.event_at)
               AS came_back
    FROM "TicketResolved" r JOIN tickets t USING (ticket_id)
    WHERE r.solution_id IS NOT NULL AND r.person_replies = 0
    GROUP BY 1
)
SELECT p.article_id, titled.title, titled.category, coalesce(tracked.last.shown, 0) AS shown,
       coalesce(tracked.last.accepted, 0) AS accepted,
       coalesce(tracked.last.rejected, 0) AS rejected,
       tracked.last.accepted / nullif(tracked.last.accepted + tracked.last.rejected, 0)
           AS success_rate,
       coalesce(solved.resolved, 0) AS resolved, coalesce(solved.came_back, 0) AS came_back
FROM published p
LEFT JOIN titled USING (article_id)
LEFT JOIN tracked USING (article_id)
LEFT JOIN solved USING (article_id)
WHERE p.state <> 'retired'
ORDER BY resolved DESC, shown DESC, p.article_id
