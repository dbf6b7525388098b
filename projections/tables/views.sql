-- The query contract: versioned views over the tables. Columns are only ever added, at the end.
-- v1_dead_letters is not here: each engine keeps dead letters in its own way (streams/views.py).
--
-- SQLite and PostgreSQL run this text and give the same values. What they do not share is written
-- in SQLite's words and listed in streams/cluster/tables.py: json_group_array, strftime, COLLATE
-- BINARY. A sum of minutes is taken in whole microseconds: it is then exact, whatever the order of
-- the rows and however an engine adds floating-point numbers.

-- What a ticket that was split off is about is the first of the messages that it took along.
CREATE VIEW v1_tickets AS
SELECT ticket_id, customer_id, channel, priority, status, subject,
       CASE WHEN origin <> 'split' THEN description
            ELSE coalesce((SELECT t.text FROM p_messages m
                           JOIN p_texts t ON t.record_id = m.interaction_id
                           WHERE m.ticket_id = p_tickets.ticket_id AND m.direction = 'in'
                           ORDER BY m.timestamp, m.interaction_id LIMIT 1), description)
       END AS description, created_at,
       updated_at, assigned_agent, resolution_time_minutes, satisfaction_score, tags, metadata,
       channels, category, category_confidence, estimated_resolution_minutes, language,
       sentiment_score, vip_status, escalated_at, escalation_reasons, auto_resolution_candidate,
       team, contacts, replies, reopened, first_replied_at, resolved_at, closed_at,
       snoozed_until, merged_into, origin, revision
FROM p_tickets;

-- A contact that was accepted is a message of its ticket; the others stand here by their ruling.
CREATE VIEW v1_interactions AS
SELECT m.interaction_id, m.ticket_id, m.customer_id, m.author AS agent_id, m.channel,
       coalesce(t.text, r.text) AS message_content, m.timestamp, m.interaction_type,
       m.sentiment_score, m.resolution_offered, m.direction, t.provider_id, m.solution_id,
       m.confidence, u.language,
       CASE WHEN r.request_id IS NOT NULL THEN coalesce(d.state, 'queued') END AS delivery,
       m.kind, r.instead_of
FROM p_messages m
LEFT JOIN p_texts t ON t.record_id = m.interaction_id
LEFT JOIN p_replies r ON r.request_id = m.interaction_id
LEFT JOIN p_understood u ON u.contact_id = m.interaction_id
LEFT JOIN p_deliveries d ON d.request_id = m.interaction_id
UNION ALL
SELECT a.contact_id, NULL, a.customer_id, NULL, a.channel, t.text, a.ruled_at,
       'customer_message', u.sentiment_score, FALSE, 'in', t.provider_id, NULL, NULL,
       u.language, NULL, a.ruling, NULL
FROM p_turned_away a
LEFT JOIN p_texts t ON t.record_id = a.contact_id
LEFT JOIN p_understood u ON u.contact_id = a.contact_id;

CREATE VIEW v1_customers AS
SELECT c.customer_id, c.name, c.email, c.phone, c.preferred_channel, c.vip_status,
       c.lifetime_value,
       (SELECT json_group_array(score) FROM (
            SELECT t.satisfaction_score AS score FROM p_tickets t
            WHERE t.customer_id = c.customer_id AND t.satisfaction_score IS NOT NULL
            ORDER BY t.rated_at, t.ticket_id) AS rated) AS satisfaction_history,
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
            ORDER BY t.escalated_at, t.ticket_id) AS escalated) AS escalation_history,
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
       CAST(u.accepted AS DOUBLE PRECISION) / nullif(u.accepted + u.rejected, 0)
           AS success_rate
FROM p_articles a
JOIN p_article_use u ON u.article_id = a.article_id
WHERE u.version > 0 AND NOT u.retired;

CREATE VIEW v1_specialists AS
SELECT s.specialist_id, s.name, s.team, s.skills, s.languages, s.senior, s.capacity,
       coalesce(l.load, 0) AS load, s.available
FROM p_specialists s
LEFT JOIN (
    SELECT assigned_agent, count(*) AS load FROM p_tickets
    WHERE assigned_agent IS NOT NULL
      AND status IN ('new', 'triaged', 'in_progress', 'waiting_customer', 'escalated')
    GROUP BY assigned_agent
) l ON l.assigned_agent = s.specialist_id;

-- By the day on which tickets were opened, where they began and what they are about. A ticket that
-- was merged into another counts with that one. Resolved at first contact is what was resolved,
-- not reopened, and took one contact of the customer.
CREATE VIEW v1_daily AS
SELECT substr(created_at, 1, 10) AS day, channel, category, count(*) AS tickets,
       count(resolved_at) AS resolved,
       count(*) FILTER (WHERE resolved_at IS NOT NULL AND contacts_at_resolution = 1
                        AND reopened = 0) AS first_contact_resolved,
       count(escalated_at) AS escalated,
       count(*) FILTER (WHERE automatic) AS automatic,
       CAST(sum(contacts) AS BIGINT) AS contacts, CAST(sum(replies) AS BIGINT) AS replies,
       CAST(coalesce(sum(CAST(round(first_reply_minutes * 60000000.0) AS BIGINT)), 0)
            AS DOUBLE PRECISION) / 60000000.0 AS first_reply_minutes_sum,
       CAST(coalesce(sum(CAST(round(resolution_time_minutes * 60000000.0) AS BIGINT)), 0)
            AS DOUBLE PRECISION) / 60000000.0 AS resolution_minutes_sum,
       CAST(coalesce(sum(satisfaction_score), 0) AS BIGINT) AS satisfaction_sum,
       count(satisfaction_score) AS satisfaction_count
FROM p_tickets
WHERE merged_into IS NULL
GROUP BY 1, 2, 3;

CREATE VIEW v1_insights AS
SELECT insight_id, at, kind, category, text FROM p_insights;

CREATE VIEW v1_alerts AS
SELECT a.alert_id, a.at, a.alert_type, a.recipient, a.customer_id, a.ticket_id, a.priority, a.text,
       w.sent_at, w.places AS sent_to, w.failed AS error
FROM p_alerts a LEFT JOIN p_alert_ways w ON w.alert_id = a.alert_id;

CREATE VIEW v1_follow_ups AS
SELECT f.follow_up_id, f.ticket_id, f.customer_id, f.scheduled_at, f.due_at,
       t.status AS ticket_status
FROM p_follow_ups f LEFT JOIN p_tickets t ON t.ticket_id = f.ticket_id;

CREATE VIEW v1_deliveries AS
SELECT r.request_id, r.ticket_id, r.customer_id, r.channel, r.kind, r.author, r.requested_at,
       coalesce(d.state, 'queued') AS state, coalesce(d.attempts, 0) AS attempts, d.transport,
       d.attempted_at, d.accepted_at, d.delivered_at, d.read_at, d.failed_at, d.error,
       d.provider_message_id,
       CASE WHEN coalesce(d.state, 'queued') = 'queued'
                 AND (d.attempted_at IS NULL OR d.next_at > d.attempted_at)
            THEN d.next_at END AS next_attempt_at,
       CASE WHEN coalesce(d.state, 'queued') = 'queued'
                 AND (d.attempted_at IS NULL OR d.next_at > d.attempted_at)
            THEN d.delay_reason END AS delay_reason,
       r.instead_of
FROM p_replies r LEFT JOIN p_deliveries d ON d.request_id = r.request_id;

-- What was written to an address and from it, from the moment on when it was taken in or asked for.
CREATE VIEW v1_messages AS
SELECT r.request_id AS message_id, r.customer_id, r.channel, r.handle,
       'out' COLLATE BINARY AS direction, r.requested_at AS at, r.text, r.buttons, r.kind,
       r.author, NULL AS provider_id, coalesce(d.state, 'queued') AS delivery
FROM p_replies r LEFT JOIN p_deliveries d ON d.request_id = r.request_id
UNION ALL
SELECT t.record_id, t.customer_id, t.channel, t.handle, 'in', t.received_at, t.text, NULL,
       'message', NULL, t.provider_id, NULL
FROM p_texts t WHERE t.channel IS NOT NULL;

-- What a file is, its bytes say once they are here, and before that its sender.
CREATE VIEW v1_attachments AS
SELECT a.attachment_id, a.contact_id AS interaction_id, m.ticket_id, a.customer_id, a.channel,
       a.place, a.received_at, a.state, a.name, coalesce(a.media_type, a.claimed_type) AS media_type,
       coalesce(a.size, a.claimed_size) AS size, a.sha256, a.stored_at, a.attempts,
       CASE WHEN a.state = 'waiting' THEN a.retry_at END AS retry_at,
       CASE WHEN a.state <> 'stored' THEN a.error END AS error, 'in' COLLATE BINARY AS direction
FROM p_attachments a LEFT JOIN p_messages m ON m.interaction_id = a.contact_id
UNION ALL
SELECT e.attachment_id, e.request_id, coalesce(m.ticket_id, e.ticket_id), e.customer_id, e.channel,
       e.place, e.requested_at, 'stored', e.name, e.media_type, e.size, e.sha256, e.requested_at, 0,
       NULL, NULL, 'out'
FROM p_enclosed e LEFT JOIN p_messages m ON m.interaction_id = e.request_id;

CREATE VIEW v1_drafts AS
SELECT draft_id, ticket_id, customer_id, asked_at, state, ended_at, draft, quotes, model_version,
       reason, sentence, error
FROM p_drafts;

CREATE VIEW v1_positions AS
SELECT projection, topic, partition, position, end_position, end_position - position AS lag
FROM read_positions;

-- Metrics, definition v1. A period is `all`, or the day (UTC) on which the tickets were opened; a
-- segment is `all`, or the channel on which they began. Tickets count as in v1_daily. A rate
-- without anything to count is null. Recontact, SLA and context are there in total only; SLA also
-- by the calendar that a target was started under: another calendar is another definition.
CREATE VIEW v1_metrics AS
WITH base AS (
    SELECT ticket_id, channel, substr(created_at, 1, 10) AS day, resolved_at, escalated_at,
           reopened, automatic, satisfaction_score,
           resolved_at IS NOT NULL AND contacts_at_resolution = 1 AND reopened = 0 AS at_first,
           CAST(round(resolution_time_minutes * 60000000.0) AS BIGINT) AS resolution,
           CAST(round(first_reply_minutes * 60000000.0) AS BIGINT) AS first_reply
    FROM p_tickets WHERE merged_into IS NULL
),
cut AS (
    SELECT 'all' AS period, 'all' AS segment, b.*
    FROM (SELECT 1 AS one) AS always LEFT JOIN base b ON TRUE
    UNION ALL SELECT 'all', 'channel:' || b.channel, b.* FROM base b
    UNION ALL SELECT b.day, 'all', b.* FROM base b
),
counts AS (
    SELECT period, segment, count(ticket_id) AS tickets, count(resolved_at) AS resolved,
           count(*) FILTER (WHERE at_first) AS first_contact,
           count(escalated_at) AS escalated,
           count(*) FILTER (WHERE reopened > 0) AS reopened,
           count(*) FILTER (WHERE automatic) AS automatic,
           coalesce(sum(resolution), 0) AS resolution, count(resolution) AS timed,
           coalesce(sum(satisfaction_score), 0) AS satisfaction,
           count(satisfaction_score) AS ratings,
           coalesce(sum(first_reply), 0) AS first_reply, count(first_reply) AS first_replies
    FROM cut GROUP BY period, segment
),
counted AS (
    SELECT period, segment, CAST(tickets AS DOUBLE PRECISION) AS tickets,
           CAST(resolved AS DOUBLE PRECISION) AS resolved,
           CAST(first_contact AS DOUBLE PRECISION) AS first_contact,
           CAST(escalated AS DOUBLE PRECISION) AS escalated,
           CAST(reopened AS DOUBLE PRECISION) AS reopened,
           CAST(automatic AS DOUBLE PRECISION) AS automatic,
           CAST(resolution AS DOUBLE PRECISION) / 60000000.0 AS minutes,
           CAST(timed AS DOUBLE PRECISION) AS timed,
           CAST(satisfaction AS DOUBLE PRECISION) AS satisfaction,
           CAST(ratings AS DOUBLE PRECISION) AS ratings,
           CAST(first_reply AS DOUBLE PRECISION) / 60000000.0 AS first_reply,
           CAST(first_replies AS DOUBLE PRECISION) AS first_replies
    FROM counts
),
-- Resolved tickets whose customer came back about the same within seven days.
back AS (
    SELECT CAST(count(*) AS DOUBLE PRECISION) AS tickets,
           CAST(count(*) FILTER (WHERE t.reopened > 0 OR EXISTS (
                SELECT 1 FROM p_tickets n
                WHERE n.customer_id = t.customer_id AND n.created_at > t.resolved_at
                  AND n.created_at <= strftime('%Y-%m-%dT%H:%M:%fZ', t.resolved_at, '+7 days')
                  AND n.ticket_id <> t.ticket_id AND n.merged_into IS NULL
                  AND n.category = t.category)) AS DOUBLE PRECISION) AS again
    FROM p_tickets t WHERE t.resolved_at IS NOT NULL AND t.merged_into IS NULL
),
sla AS (
    SELECT 'v1' AS definition, 'all' AS segment,
           CAST(count(met_at) AS DOUBLE PRECISION) AS met,
           CAST(count(coalesce(met_at, breached_at)) AS DOUBLE PRECISION) AS ended
    FROM p_sla
    UNION ALL SELECT 'v1/' || calendar_version, 'calendar:' || calendar_version,
           CAST(count(met_at) AS DOUBLE PRECISION),
           CAST(count(coalesce(met_at, breached_at)) AS DOUBLE PRECISION)
    FROM p_sla GROUP BY calendar_version
),
context AS (
    SELECT CAST(coalesce(sum(kept), 0) AS DOUBLE PRECISION) AS kept,
           CAST(coalesce(sum(given), 0) AS DOUBLE PRECISION) AS given FROM p_handovers
)
SELECT 'total_tickets' COLLATE BINARY AS metric, 'v1' COLLATE BINARY AS definition, period,
       segment, tickets AS value, tickets AS numerator,
       CAST(1 AS DOUBLE PRECISION) AS denominator FROM counted
UNION ALL SELECT 'resolved_tickets', 'v1', period, segment, resolved, resolved, 1.0 FROM counted
UNION ALL SELECT 'resolution_rate', 'v1', period, segment, resolved / nullif(tickets, 0),
       resolved, tickets FROM counted
UNION ALL SELECT 'average_resolution_time_minutes', 'v1', period, segment,
       minutes / nullif(timed, 0), minutes, timed FROM counted
UNION ALL SELECT 'customer_satisfaction', 'v1', period, segment,
       satisfaction / nullif(ratings, 0), satisfaction, ratings FROM counted
UNION ALL SELECT 'channel_distribution', 'v1', c.period, c.segment,
       c.tickets / nullif(a.tickets, 0), c.tickets, a.tickets
       FROM counted c JOIN counted a ON a.period = c.period AND a.segment = 'all'
       WHERE c.segment <> 'all'
UNION ALL SELECT 'escalation_rate', 'v1', period, segment, escalated / nullif(tickets, 0),
       escalated, tickets FROM counted
UNION ALL SELECT 'first_contact_resolution', 'v1', period, segment,
       first_contact / nullif(tickets, 0), first_contact, tickets FROM counted
UNION ALL SELECT 'first_reply_minutes', 'v1', period, segment,
       first_reply / nullif(first_replies, 0), first_reply, first_replies FROM counted
UNION ALL SELECT 'reopen_rate', 'v1', period, segment, reopened / nullif(tickets, 0), reopened,
       tickets FROM counted
UNION ALL SELECT 'automatic_share', 'v1', period, segment, automatic / nullif(tickets, 0),
       automatic, tickets FROM counted
UNION ALL SELECT 'recontact_rate_7d', 'v1', 'all', 'all', again / nullif(tickets, 0), again,
       tickets FROM back
UNION ALL SELECT 'sla_met', definition, 'all', segment, met / nullif(ended, 0), met, ended FROM sla
UNION ALL SELECT 'context_kept', 'v1', 'all', 'all', kept / nullif(given, 0), kept, given
       FROM context;
