-- The query contract: versioned views over the tables. Columns are only ever added, at the end.
-- v1_dead_letters is not here: each engine keeps dead letters in its own way (streams/views.py).
--
-- SQLite and PostgreSQL run this text and give the same values. What they do not share is written
-- in SQLite's words and listed in streams/cluster/tables.py: json_group_array, json_each, strftime,
-- COLLATE BINARY. A sum of minutes is taken in whole microseconds: it is then exact, whatever the
-- order of the rows and however an engine adds floating-point numbers.

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

-- What belongs to a customer is what lies on their line and on those that were merged into it. Of a
-- line that was merged itself nothing is told: the one that it went into tells it.
CREATE VIEW v1_customers AS
SELECT c.customer_id, c.name, c.email, c.phone, c.preferred_channel, c.vip_status,
       c.lifetime_value,
       (SELECT json_group_array(score) FROM (
            SELECT t.satisfaction_score AS score FROM p_tickets t
            WHERE t.customer_id IN (SELECT value FROM json_each(c.lines))
            AND t.satisfaction_score IS NOT NULL
            ORDER BY t.rated_at, t.ticket_id) AS rated) AS satisfaction_history,
       (SELECT count(*) FROM p_messages m
            WHERE m.customer_id IN (SELECT value FROM json_each(c.lines))) AS interaction_count,
       (SELECT max(m.timestamp) FROM p_messages m
            WHERE m.customer_id IN (SELECT value FROM json_each(c.lines))) AS last_interaction,
       (SELECT count(*) FROM p_tickets t
            WHERE t.customer_id IN (SELECT value FROM json_each(c.lines))
            AND t.status NOT IN ('resolved', 'closed')) AS open_tickets,
       (SELECT count(*) FROM p_tickets t
            WHERE t.customer_id IN (SELECT value FROM json_each(c.lines))
            AND t.resolved_at IS NOT NULL) AS resolved_tickets,
       (SELECT json_group_array(ticket_id) FROM (
            SELECT t.ticket_id FROM p_tickets t
            WHERE t.customer_id IN (SELECT value FROM json_each(c.lines))
            AND t.escalated_at IS NOT NULL
            ORDER BY t.escalated_at, t.ticket_id) AS escalated) AS escalation_history,
       c.satisfaction_score, c.first_interaction, c.language, c.account_manager, c.handles,
       c.merged_into
FROM (SELECT c.*, (
          WITH RECURSIVE brought (line) AS (
              SELECT c.customer_id WHERE c.merged_into IS NULL
              UNION
              SELECT m.customer_id FROM brought JOIN p_customers m ON m.merged_into = line
          )
          SELECT json_group_array(line) FROM brought) AS lines
      FROM p_customers c) c;

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
-- was merged into another counts with that one, and what was written on it too. Resolved at first
-- contact is what was resolved, not reopened, and took one contact of the customer.
CREATE VIEW v1_daily AS
WITH RECURSIVE merged AS (
    SELECT ticket_id, merged_into AS into_id FROM p_tickets WHERE merged_into IS NOT NULL
    UNION
    SELECT m.ticket_id, t.merged_into FROM merged m JOIN p_tickets t ON t.ticket_id = m.into_id
    WHERE t.merged_into IS NOT NULL
),
brought AS (
    SELECT m.into_id, sum(t.contacts) AS more_contacts, sum(t.replies) AS more_replies
    FROM merged m JOIN p_tickets t ON t.ticket_id = m.ticket_id GROUP BY m.into_id
)
SELECT substr(created_at, 1, 10) AS day, channel, category, count(*) AS tickets,
       count(resolved_at) AS resolved,
       count(*) FILTER (WHERE resolved_at IS NOT NULL AND contacts_at_resolution = 1
                        AND reopened = 0) AS first_contact_resolved,
       count(escalated_at) AS escalated,
       count(*) FILTER (WHERE automatic) AS automatic,
       CAST(sum(contacts + coalesce(more_contacts, 0)) AS BIGINT) AS contacts,
       CAST(sum(replies + coalesce(more_replies, 0)) AS BIGINT) AS replies,
       CAST(coalesce(sum(CAST(round(first_reply_minutes * 60000000.0) AS BIGINT)), 0)
            AS DOUBLE PRECISION) / 60000000.0 AS first_reply_minutes_sum,
       CAST(coalesce(sum(CAST(round(resolution_time_minutes * 60000000.0) AS BIGINT)), 0)
            AS DOUBLE PRECISION) / 60000000.0 AS resolution_minutes_sum,
       CAST(coalesce(sum(satisfaction_score), 0) AS BIGINT) AS satisfaction_sum,
       count(satisfaction_score) AS satisfaction_count
FROM p_tickets LEFT JOIN brought ON brought.into_id = p_tickets.ticket_id
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
