-- Surges: days on which far more customers wrote about a category than in the week before.
--
-- By the day (UTC) on which tickets were opened and the category that they have now, merged ones
-- with the ticket that they went into. `usual` is the mean of the seven days before, days without
-- a ticket included, as far as the history goes back. A day is a surge with at least 5 tickets,
-- at least twice the usual, and more than the usual by three times its square root, which chance
-- alone hardly brings. The first day of the history has nothing to be held against.
WITH days AS (
    SELECT unnest(generate_series(min(opened_at)::DATE, max(opened_at)::DATE,
                                  INTERVAL 1 DAY))::DATE AS day
    FROM tickets
),
counts AS (
    SELECT opened_at::DATE AS day, coalesce(category, 'uncategorised') AS category,
           count(*) AS tickets
    FROM tickets WHERE merged_into IS NULL GROUP BY ALL
),
filled AS (
    SELECT d.day, k.category, coalesce(c.tickets, 0) AS tickets
    FROM days d CROSS JOIN (SELECT DISTINCT category FROM counts) k
    LEFT JOIN counts c ON c.day = d.day AND c.category = k.category
),
held AS (
    SELECT *, avg(tickets) OVER (PARTITION BY category ORDER BY day
                                 ROWS BETWEEN 7 PRECEDING AND 1 PRECEDING) AS usual
    FROM filled
)
SELECT CAST(day AS VARCHAR) AS day, category, tickets, usual,
       tickets / nullif(usual, 0) AS times
FROM held
WHERE tickets >= 5 AND tickets >= 2 * usual AND tickets > usual + 3 * sqrt(usual)
ORDER BY day, tickets DESC, category
