-- Enquiries received, by quarter and district: all of them, then split one way at a time.
-- The denominator of a part is all enquiries of that district and quarter.
-- A calendar quarter is a financial quarter under another name.
WITH counted AS (
    SELECT
        date_trunc('quarter', received_date)::DATE AS quarter_start,
        area_code AS district,
        coalesce(nullif(source, ''), 'not recorded') AS source,
        coalesce('level ' || need_level, 'not recorded') AS need_level,
        coalesce(nullif(outcome, ''), 'not recorded') AS outcome,
        sex,
        count(*) AS enquiries,
        bool_or(data_status = 'synthetic') AS synthetic
    FROM cases
    WHERE age BETWEEN 0 AND 17
    GROUP BY ALL
),

parts AS (
    SELECT *, '' AS category_type, '' AS category FROM counted
    UNION ALL SELECT *, 'source', source FROM counted
    UNION ALL SELECT *, 'need_level', need_level FROM counted
    UNION ALL SELECT *, 'outcome', outcome FROM counted
    UNION ALL SELECT *, 'sex', sex FROM counted
)

SELECT
    quarter_start,
    district,
    category_type,
    category,
    sum(enquiries) AS numerator,
    sum(enquiries) AS denominator,
    bool_or(synthetic) AS synthetic
FROM parts
GROUP BY ALL
