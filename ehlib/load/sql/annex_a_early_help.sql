-- Early help assessments of Annex A, list 2, by quarter of completion. Only the county is counted.
--
-- early_help_assessments  assessments completed.
SELECT
    'early_help_assessments' AS indicator_id,
    date_trunc('quarter', completed_date)::DATE AS quarter_start,
    'county' AS district,
    CASE
        WHEN grouping(completed_by) = 0 THEN 'organisation'
        WHEN grouping(sex) = 0 THEN 'sex'
        WHEN grouping(years) = 0 THEN 'age'
        ELSE ''
    END AS category_type,
    coalesce(completed_by, sex, years, '') AS category,
    count(*) AS numerator,
    NULL AS denominator,
    bool_or(data_status = 'synthetic') AS synthetic
FROM (
    SELECT
        *,
        coalesce(nullif(organisation, ''), 'not recorded') AS completed_by,
        age_band(age) AS years
    FROM cases
    WHERE age BETWEEN 0 AND 17 AND completed_date IS NOT NULL
)
GROUP BY GROUPING SETS (
    (quarter_start), (quarter_start, completed_by), (quarter_start, sex), (quarter_start, years)
)
