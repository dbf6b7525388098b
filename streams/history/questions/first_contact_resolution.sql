-- First-contact resolution: how many of the tickets took one contact of the customer and no more.
--
-- A ticket counts as resolved at first contact when it is resolved, was never reopened, and its
-- customer had written once by then. Held against all tickets, open ones too. A ticket that was
-- merged into another counts with that one. In total, and by the channel on which tickets began.
-- The same as `first_contact_resolution` in v1_metrics.
SELECT CASE WHEN grouping(channel) = 1 THEN 'all' ELSE 'channel:' || channel END AS segment,
       count(*) FILTER (WHERE resolved_at IS NOT NULL AND contacts_at_resolution = 1
                        AND reopened = 0) AS first_contact,
       count(*) AS tickets, first_contact / count(*) AS share
FROM tickets
WHERE merged_into IS NULL
GROUP BY GROUPING SETS ((), (channel))
ORDER BY segment
