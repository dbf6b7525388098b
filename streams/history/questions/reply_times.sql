-- Reply times: how long customers wait for the first answer, in minutes, by percentile.
--
-- From the opening of a ticket to the first message of ours that is more than a confirmation, an
-- automatic answer or a person's; what was sent again by another way counts once. Only tickets that
-- a customer began: where the desk wrote first nobody waited. A percentile is a wait that there
-- was, the least that so large a share of them does not exceed. Tickets without an answer are in
-- `unanswered` only; merged ones count with the ticket that they went into. In v1_metrics `mean` is
-- `first_reply_minutes` v2, `p50` is `median_first_reply_minutes` and `p90` is
-- `p90_first_reply_minutes`, to the last digit: whole microseconds are summed.
WITH begun AS (
    SELECT channel, first_reply_minutes AS waited
    FROM tickets WHERE merged_into IS NULL AND origin NOT IN ('person', 'signal')
)
SELECT CASE WHEN grouping(channel) = 1 THEN 'all' ELSE 'channel:' || channel END AS segment,
       count(waited) AS answered, count(*) - answered AS unanswered,
       sum(CAST(round(waited * 60000000) AS BIGINT))::DOUBLE / 60000000 / nullif(answered, 0)
           AS mean,
       quantile_disc(waited, 0.5) AS p50, quantile_disc(waited, 0.75) AS p75,
       quantile_disc(waited, 0.9) AS p90, quantile_disc(waited, 0.99) AS p99
FROM begun
GROUP BY GROUPING SETS ((), (channel))
ORDER BY segment
