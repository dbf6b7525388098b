-- The query contract: versioned views over the tables. Columns are only ever added.
-- v1_dead_letters and v1_positions read the log's own tables.

CREATE VIEW v1_tickets AS
SELECT ticket_id, customer_id, channel, priority, status, subject, description, created_at,
       updated_at, assigned_agent, resolution_time_minutes, satisfaction_score, tags, metadata,
       channels, category, category_confidence, estimated_resolution_minutes, language,
       sentiment_score, vip_status, escalated_at, escalation_reasons, auto_resolution_candidate,
       team, contacts, replies, reopened, first_replied_at, resolved_at, closed_at,
       snoozed_until, merged_into, origin
FROM p_tickets;

CREATE VIEW v1_interactions AS
SELECT m.interaction_id, m.ticket_id, m.customer_id, m.author AS agent_id, m.channel,
       coalesce(t.text, r.text) AS message_content, m.timestamp, m.interaction_type,
       m.sentiment_score, m.solution_id IS NOT NULL AS resolution_offered, m.direction,
       t.provider_id, m.solution_id, m.confidence, u.language,
       CASE WHEN m.direction = 'out' AND r.request_id IS NOT NULL
            THEN coalesce(d.state, 'queued') END AS delivery,
       m.kind
FROM p_messages m
LEFT JOIN p_texts t ON t.record_id = m.interaction_id
LEFT JOIN p_replies r ON r.request_id = m.interaction_id
LEFT JOIN p_rulings u ON u.contact_id = m.interaction_id
LEFT JOIN p_deliveries d ON d.request_id = m.interaction_id
UNION ALL
SELECT u.contact_id, NULL, u.customer_id, NULL, coalesce(u.channel, t.channel), t.text,
       u.ruled_at, 'customer_message', u.sentiment_score, 0, 'in', t.provider_id, NULL, NULL,
       u.language, NULL, u.ruling
FROM p_rulings u
LEFT JOIN p_texts t ON t.record_id = u.contact_id
WHERE u.ruling IN ('rejected', 'held');

CREATE VIEW v1_customers AS
SELECT c.customer_id, c.name, c.email, c.phone, c.preferred_channel, c.vip_status,
       c.lifetime_value,
       (SELECT json_group_array(score) FROM (
            SELECT t.satisfaction_score AS score FROM p_tickets t
            WHERE t.customer_id = c.customer_id AND t.satisfaction_score IS NOT NULL
            ORDER BY t.rated_at, t.ticket_id)) AS satisfaction_history,
       (SELECT count(*) FROM p_messages m WHERE m.customer_id = c.customer_id)
           AS interaction_count,
       (SELECT max(m.timestamp) FROM p_messages m WHERE m.customer_id = c.customer_id)
           AS last_interaction,
       (SELECT count(*) FROM p_tickets t WHERE t.customer_id = c.customer_id
            AND t.status NOT IN ('resolved', 'closed')) AS open_tickets,
       (SELECT count(*) FROM p_tickets t WHERE t.customer_id = c.customer_id
            AND t.resolved_at IS NOT NULL) AS resolved_tickets,
       (SELECT json_group_array(ticket_id) FROM (
            SELECT t.ticket_id FROM p_tickets t
            WHERE t.customer_id = c.customer_id AND t.escalated_at IS NOT NULL
            ORDER BY t.escalated_at, t.ticket_id)) AS escalation_history,
       c.satisfaction_score, c.first_interaction, c.language, c.account_manager, c.handles,
       c.merged_into
FROM p_customers c;

CREATE VIEW v1_decisions AS
SELECT record_id, at, agent, action, customer_id, ticket_id, cause_id, confidence, outcome,
       candidates, reasons, policy_version, model_versions, type, threshold
FROM p_decisions;

CREATE VIEW v1_articles AS
SELECT a.article_id, a.title, a.category, a.language, u.version,
       a.examples + u.learned AS examples, u.shown, u.accepted, u.rejected,
       CASE WHEN u.accepted + u.rejected > 0
            THEN CAST(u.accepted AS REAL) / (u.accepted + u.rejected) END AS success_rate
FROM p_articles a
JOIN p_article_use u ON u.article_id = a.article_id
WHERE u.version > 0 AND NOT u.retired;

CREATE VIEW v1_specialists AS
SELECT s.specialist_id, s.name, s.team, s.skills, s.languages, s.senior, s.capacity,
       (SELECT count(*) FROM p_tickets t WHERE t.assigned_agent = s.specialist_id
            AND t.status NOT IN ('resolved', 'closed')) AS load,
       s.available
FROM p_specialists s;

CREATE VIEW v1_daily AS
SELECT substr(created_at, 1, 10) AS day, channel, category, count(*) AS tickets,
       sum(resolved_at IS NOT NULL) AS resolved,
       sum(resolved_at IS NOT NULL AND contacts_at_resolution = 1 AND reopened = 0)
           AS first_contact_resolved,
       sum(escalated_at IS NOT NULL) AS escalated,
       sum(automatic) AS automatic, sum(contacts) AS contacts, sum(replies) AS replies,
       sum((julianday(first_replied_at) - julianday(created_at)) * 1440.0)
           AS first_reply_minutes_sum,
       sum(resolution_time_minutes) AS resolution_minutes_sum,
       sum(satisfaction_score) AS satisfaction_sum,
       count(satisfaction_score) AS satisfaction_count
FROM p_tickets
WHERE merged_into IS NULL
GROUP BY 1, 2, 3;

CREATE VIEW v1_insights AS
SELECT insight_id, at, kind, category, text FROM p_insights;

CREATE VIEW v1_alerts AS
SELECT alert_id, at, alert_type, recipient, customer_id, ticket_id, priority, text
FROM p_alerts;

CREATE VIEW v1_follow_ups AS
SELECT f.follow_up_id, f.ticket_id, f.customer_id, f.scheduled_at, f.due_at,
       t.status AS ticket_status
FROM p_follow_ups f LEFT JOIN p_tickets t ON t.ticket_id = f.ticket_id;

CREATE VIEW v1_deliveries AS
SELECT r.request_id, r.ticket_id, r.customer_id, r.channel, r.kind, r.author, r.requested_at,
       coalesce(d.state, 'queued') AS state, coalesce(d.attempts, 0) AS attempts, d.transport,
       d.attempted_at, d.accepted_at, d.delivered_at, d.read_at, d.failed_at, d.error
FROM p_replies r LEFT JOIN p_deliveries d ON d.request_id = r.request_id;

-- Metrics, definition v1, in total, by channel and by day of opening. A ticket that was merged
-- into another counts with that one. The names inside begin with v1_ as well, for by that whoever
-- guards the reading tells what the views read from what a query reads past them.
CREATE VIEW v1_metrics AS
WITH v1_base AS (
    SELECT t.*, substr(created_at, 1, 10) AS day,
           (julianday(first_replied_at) - julianday(created_at)) * 1440.0 AS first_reply
    FROM p_tickets t WHERE merged_into IS NULL
),
v1_cut AS (
    SELECT 'all' AS period, 'all' AS segment, * FROM v1_base
    UNION ALL SELECT 'all', 'channel:' || channel, * FROM v1_base
    UNION ALL SELECT day, 'all', * FROM v1_base
),
v1_counted AS (
    SELECT period, segment, count(*) AS tickets,
           sum(resolved_at IS NOT NULL) AS resolved,
           sum(resolved_at IS NOT NULL AND contacts = 1 AND reopened = 0) AS first_contact,
           sum(escalated_at IS NOT NULL) AS escalated,
           sum(reopened > 0) AS reopened,
           sum(automatic) AS automatic,
           sum(resolution_time_minutes) AS minutes,
           sum(satisfaction_score) AS satisfaction,
           count(satisfaction_score) AS ratings,
           sum(first_reply) AS first_reply,
           count(first_reply) AS first_replies
    FROM v1_cut GROUP BY period, segment
),
v1_contact_again AS (
    SELECT count(*) AS tickets,
           sum(EXISTS (SELECT 1 FROM p_tickets n WHERE n.customer_id = t.customer_id
                AND n.ticket_id <> t.ticket_id AND n.merged_into IS NULL
                AND n.category IS t.category AND n.category IS NOT NULL
                AND n.created_at > t.resolved_at
                AND julianday(n.created_at) - julianday(t.resolved_at) <= 7.0)
               OR t.reopened > 0) AS again
    FROM p_tickets t WHERE t.resolved_at IS NOT NULL AND t.merged_into IS NULL
),
v1_sla AS (
    SELECT sum(met_at IS NOT NULL) AS met,
           sum(met_at IS NOT NULL OR breached_at IS NOT NULL) AS ended
    FROM p_sla
),
v1_context AS (
    SELECT sum(kept) AS kept, sum(given) AS given FROM p_handovers
)
SELECT 'total_tickets' AS metric, 'v1' AS definition, period, segment,
       CAST(tickets AS REAL) AS value, CAST(tickets AS REAL) AS numerator,
       1.0 AS denominator FROM v1_counted
UNION ALL SELECT 'resolved_tickets', 'v1', period, segment, CAST(resolved AS REAL),
       CAST(resolved AS REAL), 1.0 FROM v1_counted
UNION ALL SELECT 'resolution_rate', 'v1', period, segment,
       1.0 * resolved / tickets, 1.0 * resolved, 1.0 * tickets FROM v1_counted
UNION ALL SELECT 'average_resolution_time_minutes', 'v1', period, segment,
       minutes / nullif(resolved, 0), minutes, 1.0 * resolved FROM v1_counted
UNION ALL SELECT 'customer_satisfaction', 'v1', period, segment,
       1.0 * satisfaction / nullif(ratings, 0), 1.0 * satisfaction, 1.0 * ratings FROM v1_counted
UNION ALL SELECT 'channel_distribution', 'v1', c.period, c.segment,
       1.0 * c.tickets / a.tickets, 1.0 * c.tickets, 1.0 * a.tickets
       FROM v1_counted c JOIN v1_counted a ON a.period = c.period AND a.segment = 'all'
       WHERE c.segment <> 'all'
UNION ALL SELECT 'escalation_rate', 'v1', period, segment,
       1.0 * escalated / tickets, 1.0 * escalated, 1.0 * tickets FROM v1_counted
UNION ALL SELECT 'first_contact_resolution', 'v1', period, segment,
       1.0 * first_contact / tickets, 1.0 * first_contact, 1.0 * tickets FROM v1_counted
UNION ALL SELECT 'first_reply_minutes', 'v1', period, segment,
       first_reply / nullif(first_replies, 0), first_reply, 1.0 * first_replies FROM v1_counted
UNION ALL SELECT 'reopen_rate', 'v1', period, segment,
       1.0 * reopened / tickets, 1.0 * reopened, 1.0 * tickets FROM v1_counted
UNION ALL SELECT 'automatic_share', 'v1', period, segment,
       1.0 * automatic / tickets, 1.0 * automatic, 1.0 * tickets FROM v1_counted
UNION ALL SELECT 'recontact_rate_7d', 'v1', 'all', 'all',
       1.0 * again / nullif(tickets, 0), 1.0 * coalesce(again, 0), 1.0 * tickets
       FROM v1_contact_again
UNION ALL SELECT 'sla_met', 'v1', 'all', 'all',
       1.0 * met / nullif(ended, 0), 1.0 * coalesce(met, 0), 1.0 * coalesce(ended, 0) FROM v1_sla
UNION ALL SELECT 'context_kept', 'v1', 'all', 'all',
       1.0 * kept / nullif(given, 0), 1.0 * coalesce(kept, 0), 1.0 * coalesce(given, 0)
       FROM v1_context;
