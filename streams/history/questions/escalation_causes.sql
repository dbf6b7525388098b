-- Escalation causes: which triggers bring tickets to a person with authority, and how soon.
--
-- A ticket that was escalated counts once under every trigger that fired for it, at any time, and
-- once under `any`. `share` is held against all tickets: for `any` it is `escalation_rate` in
-- v1_metrics. `median_minutes` is from the opening to the first escalation. A ticket that was
-- merged into another counts with that one. A trigger that never fired has no line.
WITH fired AS (
    SELECT DISTINCT ticket_id, unnest(triggers) AS cause FROM "TicketEscalated"
    UNION ALL
    SELECT DISTINCT ticket_id, 'any' FROM "TicketEscalated"
)
SELECT f.cause, count(*) AS tickets,
       count(*) / (SELECT count(*) FROM tickets WHERE merged_into IS NULL) AS share,
       median(epoch_us(t.escalated_at - t.opened_at) / 60000000.0) AS median_minutes
FROM fired f JOIN tickets t USING (ticket_id)
WHERE t.merged_into IS NULL
GROUP BY f.cause
ORDER BY tickets DESC, f.cause
