-- Enquiries by what came of them, by quarter of receipt and district, out of those with an outcome.
-- Early help plan 2013-16: no further action. From April 2014, with the children's plan 2014-16:
-- appropriate action by children's social care or early help services.
SELECT
    date_trunc('quarter', received_date)::DATE AS quarter_start,
    area_code AS district,
    '' AS category_type,
    '' AS category,
    count(*) FILTER (
        CASE
            WHEN received_date < DATE '2014-04-01' THEN outcome = 'no further action'
            ELSE outcome IN ('children''s social care', 'early help services')
        END
    ) AS numerator,
    count(*) FILTER (outcome <> '') AS denominator,
    bool_or(data_status = 'synthetic') AS synthetic
FROM cases
WHERE age BETWEEN 0 AND 17
GROUP BY ALL
