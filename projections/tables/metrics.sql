-- What the metrics are counted from, for the view v1_metrics: the definitions in
-- projections/metrics.py select from these. SQLite and PostgreSQL run this text, as they do views.sql.
--
-- A period is `all`, or the day (UTC) on which the tickets were opened; a segment is `all`, or the
-- channel on which they began. Tickets count as in v1_daily: one that was merged into another counts
-- with that one. Recontact, SLA and context are there in total only; SLA also by the calendar that a
-- target was started under. Minutes are summed in whole microseconds.
WITH base AS (
    SELECT t.ticket_id, t.channel, substr(t.created_at, 1, 10) AS day, t.resolved_at,
           t.escalated_at, t.reopened, t.automatic, t.satisfaction_score,
           t.resolved_at IS NOT NULL OR t.reopened > 0 AS ever_resolved,
           t.resolved_at IS NOT NULL AND t.contacts_at_resolution = 1 AND t.reopened = 0
               AS at_first,
           t.resolved_at IS NOT NULL AND EXISTS (
               SELECT 1 FROM p_tickets n
               WHERE n.customer_id = t.customer_id AND n.created_at > t.resolved_at
                 AND n.created_at <= strftime('%Y-%m-%dT%H:%M:%fZ', t.resolved_at, '+7 days')
                 AND n.ticket_id <> t.ticket_id AND n.merged_into IS NULL
                 AND n.category = t.category) AS came_back,
           CAST(round(t.resolution_time_minutes * 60000000.0) AS BIGINT) AS resolution,
           CASE WHEN t.resolved_at IS NOT NULL THEN t.desk_milliseconds * 1000 END AS at_the_desk,
           CAST(round(t.first_reply_minutes * 60000000.0) AS BIGINT) AS first_reply,
           CASE WHEN t.origin NOT IN ('person', 'signal')
                THEN CAST(round(t.first_reply_minutes * 60000000.0) AS BIGINT) END AS answered
    FROM p_tickets t WHERE t.merged_into IS NULL
),
cut AS (
    SELECT 'all' AS period, 'all' AS segment, b.*
    FROM (SELECT 1 AS one) AS always LEFT JOIN base b ON TRUE
    UNION ALL SELECT 'all', 'channel:' || b.channel, b.* FROM base b
    UNION ALL SELECT b.day, 'all', b.* FROM base b
),
counts AS (
    SELECT period, segment, count(ticket_id) AS tickets, count(resolved_at) AS resolved,
           count(*) FILTER (WHERE ever_resolved) AS ever_resolved,
           count(*) FILTER (WHERE at_first) AS first_contact,
           count(*) FILTER (WHERE at_first AND NOT came_back) AS first_contact_for_good,
           count(escalated_at) AS escalated,
           count(*) FILTER (WHERE reopened > 0) AS reopened,
           count(*) FILTER (WHERE automatic) AS automatic,
           coalesce(sum(resolution), 0) AS resolution, count(resolution) AS timed,
           coalesce(sum(at_the_desk), 0) AS at_the_desk,
           coalesce(sum(satisfaction_score), 0) AS satisfaction,
           count(satisfaction_score) AS ratings,
           coalesce(sum(first_reply), 0) AS first_reply, count(first_reply) AS first_replies,
           coalesce(sum(answered), 0) AS answered, count(answered) AS answers
    FROM cut GROUP BY period, segment
),
counted AS (
    SELECT period, segment, CAST(tickets AS DOUBLE PRECISION) AS tickets,
           CAST(resolved AS DOUBLE PRECISION) AS resolved,
           CAST(ever_resolved AS DOUBLE PRECISION) AS ever_resolved,
           CAST(first_contact AS DOUBLE PRECISION) AS first_contact,
           CAST(first_contact_for_good AS DOUBLE PRECISION) AS first_contact_for_good,
           CAST(escalated AS DOUBLE PRECISION) AS escalated,
           CAST(reopened AS DOUBLE PRECISION) AS reopened,
           CAST(automatic AS DOUBLE PRECISION) AS automatic,
           CAST(resolution AS DOUBLE PRECISION) / 60000000.0 AS minutes,
           CAST(timed AS DOUBLE PRECISION) AS timed,
           CAST(at_the_desk AS DOUBLE PRECISION) / 60000000.0 AS desk_minutes,
           CAST(satisfaction AS DOUBLE PRECISION) AS satisfaction,
           CAST(ratings AS DOUBLE PRECISION) AS ratings,
           CAST(first_reply AS DOUBLE PRECISION) / 60000000.0 AS first_reply,
           CAST(first_replies AS DOUBLE PRECISION) AS first_replies,
           CAST(answered AS DOUBLE PRECISION) / 60000000.0 AS answered,
           CAST(answers AS DOUBLE PRECISION) AS answers
    FROM counts
),
shares AS (
    SELECT c.period, c.segment, c.tickets, a.tickets AS of_all
    FROM counted c JOIN counted a ON a.period = c.period AND a.segment = 'all'
    WHERE c.segment <> 'all'
),
-- Times in order: the one that half of all, or nine of ten, do not exceed is a time that was taken.
answers_in_order AS (
    SELECT period, segment, ticket_id, answered AS taken,
           row_number() OVER (PARTITION BY period, segment ORDER BY answered, ticket_id) AS place,
           count(*) OVER (PARTITION BY period, segment) AS times
    FROM cut WHERE answered IS NOT NULL
),
resolutions_in_order AS (
    SELECT period, segment, ticket_id, resolution AS taken,
           row_number() OVER (PARTITION BY period, segment ORDER BY resolution, ticket_id) AS place,
           count(*) OVER (PARTITION BY period, segment) AS times
    FROM cut WHERE resolution IS NOT NULL
),
desk_times_in_order AS (
    SELECT period, segment, ticket_id, at_the_desk AS taken,
           row_number() OVER (PARTITION BY period, segment ORDER BY at_the_desk, ticket_id) AS place,
           count(*) OVER (PARTITION BY period, segment) AS times
    FROM cut WHERE at_the_desk IS NOT NULL
),
back AS (
    SELECT 'all' AS period, 'all' AS segment,
           CAST(count(*) AS DOUBLE PRECISION) AS resolved,
           CAST(count(*) FILTER (WHERE reopened > 0 OR came_back) AS DOUBLE PRECISION) AS again
    FROM base WHERE resolved_at IS NOT NULL
),
sla AS (
    SELECT 'v1' AS definition, 'all' AS period, 'all' AS segment,
           CAST(count(met_at) AS DOUBLE PRECISION) AS met,
           CAST(count(coalesce(met_at, breached_at)) AS DOUBLE PRECISION) AS ended
    FROM p_sla
    UNION ALL SELECT 'v1/' || calendar_version, 'all', 'calendar:' || calendar_version,
           CAST(count(met_at) AS DOUBLE PRECISION),
           CAST(count(coalesce(met_at, breached_at)) AS DOUBLE PRECISION)
    FROM p_sla GROUP BY calendar_version
),
context AS (
    SELECT 'all' AS period, 'all' AS segment,
           CAST(coalesce(sum(kept), 0) AS DOUBLE PRECISION) AS kept,
           CAST(coalesce(sum(given), 0) AS DOUBLE PRECISION) AS given FROM p_handovers
)
