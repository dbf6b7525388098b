-- Every ticket as it stands, from its events alone: one row a ticket.
WITH events AS (ALL_TICKET_EVENTS),
last AS (
    SELECT ticket_id,
           max_by(struct_pack(customer_id := customer_id, status := status, priority := priority,
                              category := category, team := team), revision) AS now
    FROM events GROUP BY ticket_id
),
ends AS (
    SELECT ticket_id, revision, TRUE AS solved, event_at, resolution_minutes, contacts,
           person_replies = 0 AND solution_id IS NOT NULL AS automatic, solution_id,
           0 AS reopened
    FROM "TicketResolved"
    UNION ALL
    SELECT ticket_id, revision, FALSE, NULL, NULL, NULL, FALSE, NULL, reopened FROM "TicketReopened"
),
ended AS (
    SELECT ticket_id, max(reopened) AS reopened,
           max_by(struct_pack(since := event_at, minutes := resolution_minutes, contacts := contacts,
                              automatic := automatic, solution_id := solution_id),
                  revision) AS last
    FROM ends GROUP BY ticket_id
),
replied AS (
    SELECT ticket_id, count(*) AS replies,
           min_by(struct_pack(since := event_at, opened_at := opened_at), revision) AS first
    FROM "MessageAdded"
    WHERE direction <> 'in' AND interaction_type = 'agent_response' AND instead_of IS NULL
    GROUP BY ticket_id
),
parted AS (
    SELECT ticket_id, -replies AS replies FROM "TicketSplit"
    UNION ALL SELECT "into", replies FROM "TicketSplit"
),
moved AS (
    SELECT ticket_id, CAST(sum(replies) AS BIGINT) AS replies FROM parted GROUP BY ticket_id
),
escalated AS (
    SELECT ticket_id, min(event_at) AS escalated_at FROM "TicketEscalated" GROUP BY ticket_id
),
joined AS (
    SELECT ticket_id, revision, "into" FROM "TicketsMerged"
    UNION ALL SELECT ticket_id, revision, NULL FROM "TicketsUnmerged"
),
merged AS (
    SELECT ticket_id, max_by(struct_pack("into" := "into"), revision) AS last
    FROM joined GROUP BY ticket_id
),
told AS (
    SELECT ticket_id, revision, TRUE AS triaged, language, vip FROM "TicketOpened"
    UNION ALL SELECT ticket_id, revision, TRUE, language, vip FROM "TicketTriaged"
    UNION ALL SELECT ticket_id, revision, FALSE, NULL, vip FROM "TicketPrioritised"
),
known AS (
    SELECT ticket_id,
           max_by(struct_pack(language := language), revision) FILTER (WHERE triaged) AS words,
           max_by(struct_pack(vip := vip), revision) FILTER (WHERE vip IS NOT NULL) AS line
    FROM told GROUP BY ticket_id
),
rated AS (
    SELECT ticket_id, max_by(score, revision) AS score FROM "TicketRated" GROUP BY ticket_id
)
SELECT o.ticket_id, last.now.customer_id AS customer_id, o.channel, o.event_at AS opened_at,
       o.origin, known.words.language AS language, known.line.vip AS vip,
       last.now.status AS status, last.now.priority AS priority, last.now.category AS category,
       last.now.team AS team, ended.last.since AS resolved_at,
       ended.last.minutes AS resolution_minutes, ended.last.contacts AS contacts_at_resolution,
       coalesce(ended.last.automatic, FALSE) AS automatic, ended.last.solution_id AS solution_id,
       coalesce(ended.reopened, 0) AS reopened,
       coalesce(replied.replies, 0) + coalesce(moved.replies, 0) AS replies,
       replied.first.since AS first_replied_at,
       epoch_us(replied.first.since - replied.first.opened_at) / 60000000.0 AS first_reply_minutes,
       escalated.escalated_at, rated.score AS satisfaction_score,
       merged.last."into" AS merged_into
FROM "TicketOpened" o
JOIN last USING (ticket_id)
JOIN known USING (ticket_id)
LEFT JOIN ended USING (ticket_id)
LEFT JOIN replied USING (ticket_id)
LEFT JOIN moved USING (ticket_id)
LEFT JOIN escalated USING (ticket_id)
LEFT JOIN merged USING (ticket_id)
LEFT JOIN rated USING (ticket_id)
