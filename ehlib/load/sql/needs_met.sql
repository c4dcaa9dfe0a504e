-- Episodes closed because needs were met, by quarter of closing and district, out of all closed.
-- Early help plan 2013-16: the CAF process only. From April 2014, with the children's plan 2014-16:
-- all early help services.
SELECT
    date_trunc('quarter', closed_date)::DATE AS quarter_start,
    area_code AS district,
    '' AS category_type,
    '' AS category,
    count(*) FILTER (closure_reason = 'needs met') AS numerator,
    count(*) AS denominator,
    bool_or(data_status = 'synthetic') AS synthetic
FROM cases
WHERE
    age BETWEEN 0 AND 17
    AND closed_date IS NOT NULL
    AND (process = 'CAF' OR closed_date >= DATE '2014-04-01')
GROUP BY ALL
