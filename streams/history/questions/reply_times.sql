-- Reply times: how long customers wait for the first answer, in minutes, by percentile.
--
-- From the opening of a ticket to the first message of ours that is more than a confirmation, an
-- automatic answer or a person's; what was sent again by another way counts once. A percentile
-- lies between two waits in proportion, where it falls between them. Tickets without an answer are
-- in `unanswered` only; merged ones count with the ticket that they went into. `mean` is
-- `first_reply_minutes` in v1_metrics, to the last digit: whole microseconds are summed.
SELECT CASE WHEN grouping(channel) = 1 THEN 'all' ELSE 'channel:' || channel END AS segment,
       count(first_reply_minutes) AS answered, count(*) - answered AS unanswered,
       sum(CAST(round(first_reply_minutes * 60000000) AS BIGINT))::DOUBLE / 60000000
           / nullif(answered, 0) AS mean,
       quantile_cont(first_reply_minutes, 0.5) AS p50,
       quantile_cont(first_reply_minutes, 0.75) AS p75,
       quantile_cont(first_reply_minutes, 0.9) AS p90,
       quantile_cont(first_reply_minutes, 0.99) AS p99
FROM tickets
WHERE merged_into IS NULL
GROUP BY GROUPING SETS ((), (channel))
ORDER BY segment
