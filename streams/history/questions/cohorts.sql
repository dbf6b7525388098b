-- Cohorts of customers: of those who first wrote in one month, how many wrote again in later ones.
--
-- A customer belongs to the month (UTC) of their first contact that became part of a ticket.
-- `month` is how many months later it is, 0 being the first; `customers` is how many of the cohort
-- wrote in it, `share` which part of the cohort they are, `contacts` how often they wrote, and
-- `satisfaction` the mean rating of the tickets that they opened in it. A customer who was merged
-- into another counts as that one from then on.
WITH contacts AS (
    SELECT customer_id, date_trunc('month', event_at) AS month
    FROM "MessageAdded" WHERE direction = 'in'
),
first AS (SELECT customer_id, min(month) AS cohort FROM contacts GROUP BY customer_id),
sizes AS (SELECT cohort, count(*) AS size FROM first GROUP BY cohort),
ratings AS (
    SELECT customer_id, date_trunc('month', opened_at) AS month, satisfaction_score
    FROM tickets WHERE satisfaction_score IS NOT NULL AND merged_into IS NULL
),
active AS (
    SELECT f.cohort, c.month, count(DISTINCT c.customer_id) AS customers, count(*) AS contacts
    FROM contacts c JOIN first f USING (customer_id) GROUP BY ALL
),
rated AS (
    SELECT f.cohort, r.month, avg(r.satisfaction_score) AS satisfaction
    FROM ratings r JOIN first f USING (customer_id) GROUP BY ALL
)
SELECT strftime(a.cohort, '%Y-%m') AS cohort, sizes.size,
       date_diff('month', a.cohort, a.month) AS month, a.customers,
       a.customers / sizes.size AS share, a.contacts, rated.satisfaction
FROM active a
JOIN sizes USING (cohort)
LEFT JOIN rated ON rated.cohort = a.cohort AND rated.month = a.month
ORDER BY cohort, month
