-- Early help episodes opened, by quarter and district.
SELECT
    date_trunc('quarter', opened_date)::DATE AS quarter_start,
    area_code AS district,
    '' AS category_type,
    '' AS category,
    count(*) AS numerator,
    count(*) AS denominator,
    bool_or(data_status = 'synthetic') AS synthetic
FROM cases
WHERE age BETWEEN 0 AND 17
GROUP BY ALL
