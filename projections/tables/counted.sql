-- What one record adds to a metric, for the view v1_counted: relations that follow those of
-- metrics.sql, with a row for each record that a period and segment have. The parts in
-- projections/counted.py say what each adds.
of_channels AS (
    SELECT 'all' AS period, s.segment, b.ticket_id, s.channel = b.channel AS on_it
    FROM (SELECT DISTINCT channel, 'channel:' || channel AS segment FROM base) s CROSS JOIN base b
),
one_by_one AS (
    SELECT 'all' AS period, 'all' AS segment, b.* FROM base b
    UNION ALL SELECT 'all', 'channel:' || b.channel, b.* FROM base b
    UNION ALL SELECT b.day, 'all', b.* FROM base b
),
followed_one_by_one AS (
    SELECT 'all' AS period, 'all' AS segment, f.* FROM followed f
    UNION ALL SELECT 'all', 'channel:' || f.channel, f.* FROM followed f
    UNION ALL SELECT f.day, 'all', f.* FROM followed f
),
solved AS (
    SELECT 'all' AS period, 'all' AS segment, ticket_id, reopened, came_back
    FROM followed WHERE resolved_at IS NOT NULL
),
targets AS (
    SELECT 'v1' AS definition, 'all' AS period, 'all' AS segment, target_id, ticket_id, met,
           met + missed AS ended FROM p_sla
    UNION ALL SELECT 'v1/' || calendar_version, 'all', 'calendar:' || calendar_version, target_id,
           ticket_id, met, met + missed FROM p_sla
),
hand_overs AS (
    SELECT 'all' AS period, 'all' AS segment, transfer_id, ticket_id, kept, given FROM p_handovers
)
