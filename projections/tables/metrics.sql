-- What the metrics are counted from, for the view v1_metrics: the definitions in
-- projections/metrics.py select from these. SQLite and PostgreSQL run this text, as they do views.sql.
--
-- A period is `all`, or the day (UTC) on which the tickets were opened; a segment is `all`, or the
-- channel on which they began. Tickets count as in v1_daily: one that was merged into another counts
-- with that one. Recontact, SLA and context are there in total only; SLA also by the calendar that a
-- target was started under. Minutes are summed in whole microseconds.
WITH base AS (
    SELECT t.ticket_id, t.customer_id, t.category, t.channel,
           substr(t.created_at, 1, 10) AS day, t.resolved_at,
           t.escalated_at, t.reopened, t.automatic, t.satisfaction_score,
           t.resolved_at IS NOT NULL OR t.reopened > 0 AS ever_resolved,
           t.resolved_at IS NOT NULL AND t.contacts_at_resolution = 1 AND t.reopened = 0
               AS at_first,
           CAST(round(t.resolution_time_minutes * 60000000.0) AS BIGINT) AS resolution,
           CASE WHEN t.resolved_at IS NOT NULL THEN t.desk_milliseconds * 1000 END AS at_the_desk,
           CAST(round(t.first_reply_minutes * 60000000.0) AS BIGINT) AS first_reply,
           CASE WHEN t.origin NOT IN ('person', 'signal')
                THEN CAST(round(t.first_reply_minutes * 60000000.0) AS BIGINT) END AS answered
    FROM p_tickets t WHERE t.merged_into IS NULL
),
-- Counted once, by day and channel: what is in total, by day or by channel is summed from that.
apart AS (
    SELECT day, channel, count(*) AS tickets, count(resolved_at) AS resolved,
           count(*) FILTER (WHERE ever_resolved) AS ever_resolved,
           count(*) FILTER (WHERE at_first) AS first_contact,
           count(escalated_at) AS escalated,
           count(*) FILTER (WHERE reopened > 0) AS reopened,
           count(*) FILTER (WHERE automatic) AS automatic,
           sum(resolution) AS resolution, count(resolution) AS timed,
           sum(at_the_desk) AS at_the_desk,
           sum(satisfaction_score) AS satisfaction, count(satisfaction_score) AS ratings,
           sum(first_reply) AS first_reply, count(first_reply) AS first_replies,
           sum(answered) AS answered, count(answered) AS answers
    FROM base GROUP BY day, channel
),
cut AS (
    SELECT 'all' AS period, 'all' AS segment, a.*
    FROM (SELECT 1 AS one) AS always LEFT JOIN apart a ON TRUE
    UNION ALL SELECT 'all', 'channel:' || a.channel, a.* FROM apart a
    UNION ALL SELECT a.day, 'all', a.* FROM apart a
),
counts AS (
    SELECT period, segment, coalesce(sum(tickets), 0) AS tickets,
           coalesce(sum(resolved), 0) AS resolved,
           coalesce(sum(ever_resolved), 0) AS ever_resolved,
           coalesce(sum(first_contact), 0) AS first_contact,
           coalesce(sum(escalated), 0) AS escalated,
           coalesce(sum(reopened), 0) AS reopened,
           coalesce(sum(automatic), 0) AS automatic,
           coalesce(sum(resolution), 0) AS resolution, coalesce(sum(timed), 0) AS timed,
           coalesce(sum(at_the_desk), 0) AS at_the_desk,
           coalesce(sum(satisfaction), 0) AS satisfaction, coalesce(sum(ratings), 0) AS ratings,
           coalesce(sum(first_reply), 0) AS first_reply,
           coalesce(sum(first_replies), 0) AS first_replies,
           coalesce(sum(answered), 0) AS answered, coalesce(sum(answers), 0) AS answers
    FROM cut GROUP BY period, segment
),
counted AS (
    SELECT period, segment, CAST(tickets AS DOUBLE PRECISION) AS tickets,
           CAST(resolved AS DOUBLE PRECISION) AS resolved,
           CAST(ever_resolved AS DOUBLE PRECISION) AS ever_resolved,
           CAST(first_contact AS DOUBLE PRECISION) AS first_contact,
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
    SELECT 'all' AS period, 'all' AS segment, ticket_id, answered AS taken,
           row_number() OVER (ORDER BY answered, ticket_id) AS place, count(*) OVER () AS times
    FROM base WHERE answered IS NOT NULL
    UNION ALL SELECT 'all', 'channel:' || channel, ticket_id, answered,
           row_number() OVER (PARTITION BY channel ORDER BY answered, ticket_id),
           count(*) OVER (PARTITION BY channel)
    FROM base WHERE answered IS NOT NULL
    UNION ALL SELECT day, 'all', ticket_id, answered,
           row_number() OVER (PARTITION BY day ORDER BY answered, ticket_id),
           count(*) OVER (PARTITION BY day)
    FROM base WHERE answered IS NOT NULL
),
resolutions_in_order AS (
    SELECT 'all' AS period, 'all' AS segment, ticket_id, resolution AS taken,
           row_number() OVER (ORDER BY resolution, ticket_id) AS place, count(*) OVER () AS times
    FROM base WHERE resolution IS NOT NULL
    UNION ALL SELECT 'all', 'channel:' || channel, ticket_id, resolution,
           row_number() OVER (PARTITION BY channel ORDER BY resolution, ticket_id),
           count(*) OVER (PARTITION BY channel)
    FROM base WHERE resolution IS NOT NULL
    UNION ALL SELECT day, 'all', ticket_id, resolution,
           row_number() OVER (PARTITION BY day ORDER BY resolution, ticket_id),
           count(*) OVER (PARTITION BY day)
    FROM base WHERE resolution IS NOT NULL
),
desk_times_in_order AS (
    SELECT 'all' AS period, 'all' AS segment, ticket_id, at_the_desk AS taken,
           row_number() OVER (ORDER BY at_the_desk, ticket_id) AS place, count(*) OVER () AS times
    FROM base WHERE at_the_desk IS NOT NULL
    UNION ALL SELECT 'all', 'channel:' || channel, ticket_id, at_the_desk,
           row_number() OVER (PARTITION BY channel ORDER BY at_the_desk, ticket_id),
           count(*) OVER (PARTITION BY channel)
    FROM base WHERE at_the_desk IS NOT NULL
    UNION ALL SELECT day, 'all', ticket_id, at_the_desk,
           row_number() OVER (PARTITION BY day ORDER BY at_the_desk, ticket_id),
           count(*) OVER (PARTITION BY day)
    FROM base WHERE at_the_desk IS NOT NULL
),
-- Whether the customer came back is looked up for every ticket: only for what asks for it.
followed AS (
    SELECT b.ticket_id, b.channel, b.day, b.resolved_at, b.reopened, b.at_first,
           b.resolved_at IS NOT NULL AND EXISTS (
               SELECT 1 FROM p_tickets n
               WHERE n.customer_id = b.customer_id AND n.created_at > b.resolved_at
                 AND n.created_at <= strftime('%Y-%m-%dT%H:%M:%fZ', b.resolved_at, '+7 days')
                 AND n.ticket_id <> b.ticket_id AND n.merged_into IS NULL
                 AND n.category = b.category) AS came_back
    FROM base b
),
for_good AS (
    SELECT 'all' AS period, 'all' AS segment,
           CAST(count(resolved_at) AS DOUBLE PRECISION) AS resolved,
           CAST(count(*) FILTER (WHERE at_first AND NOT came_back) AS DOUBLE PRECISION)
               AS first_contact
    FROM followed
    UNION ALL SELECT 'all', 'channel:' || channel,
           CAST(count(resolved_at) AS DOUBLE PRECISION),
           CAST(count(*) FILTER (WHERE at_first AND NOT came_back) AS DOUBLE PRECISION)
    FROM followed GROUP BY channel
    UNION ALL SELECT day, 'all',
           CAST(count(resolved_at) AS DOUBLE PRECISION),
           CAST(count(*) FILTER (WHERE at_first AND NOT came_back) AS DOUBLE PRECISION)
    FROM followed GROUP BY day
),
back AS (
    SELECT 'all' AS period, 'all' AS segment,
           CAST(count(*) AS DOUBLE PRECISION) AS resolved,
           CAST(count(*) FILTER (WHERE reopened > 0 OR came_back) AS DOUBLE PRECISION) AS again
    FROM followed WHERE resolved_at IS NOT NULL
),
sla AS (
    SELECT 'v1' AS definition, 'all' AS period, 'all' AS segment,
           CAST(coalesce(sum(met), 0) AS DOUBLE PRECISION) AS met,
           CAST(coalesce(sum(met + missed), 0) AS DOUBLE PRECISION) AS ended
    FROM p_sla
    UNION ALL SELECT 'v1/' || calendar_version, 'all', 'calendar:' || calendar_version,
           CAST(sum(met) AS DOUBLE PRECISION), CAST(sum(met + missed) AS DOUBLE PRECISION)
    FROM p_sla GROUP BY calendar_version
),
context AS (
    SELECT 'all' AS period, 'all' AS segment,
           CAST(coalesce(sum(kept), 0) AS DOUBLE PRECISION) AS kept,
           CAST(coalesce(sum(given), 0) AS DOUBLE PRECISION) AS given FROM p_handovers
)
