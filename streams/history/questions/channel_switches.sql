-- Channel switches: from which channel to which customers go on with the same issue.
--
-- Two messages of a customer that follow one another in one ticket, on different channels, are a
-- switch. A message that was split off belongs to the ticket that it went to. `tickets` is how many
-- tickets had such a switch, `median_minutes` how long after the one message the other came, and
-- `share` which part of all switches it is.
WITH moved AS (
    SELECT unnest(messages) AS interaction_id, max_by("into", event_at) AS ticket_id
    FROM "TicketSplit" GROUP BY 1
),
said AS (
    SELECT coalesce(moved.ticket_id, m.ticket_id) AS ticket_id, m.message_channel AS channel,
           m.event_at AS said_at, m.interaction_id
    FROM "MessageAdded" m LEFT JOIN moved USING (interaction_id)
    WHERE m.direction = 'in'
),
steps AS (
    SELECT ticket_id, channel, said_at,
           lag(channel) OVER line AS before, lag(said_at) OVER line AS before_at
    FROM said WINDOW line AS (PARTITION BY ticket_id ORDER BY said_at, interaction_id)
)
SELECT before AS from_channel, channel AS to_channel, count(*) AS switches,
       count(DISTINCT ticket_id) AS tickets,
       median(epoch_us(said_at - before_at) / 60000000.0) AS median_minutes,
       count(*) / sum(count(*)) OVER () AS share
FROM steps
WHERE before IS NOT NULL AND before <> channel
GROUP BY ALL
ORDER BY switches DESC, from_channel, to_channel
