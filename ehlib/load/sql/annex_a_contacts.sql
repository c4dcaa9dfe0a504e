-- Contacts of Annex A, list 1, by quarter. Annex A names no place: only the county is counted.
--
-- social_care_contacts  contacts made to children's social care.
SELECT
    'social_care_contacts' AS indicator_id,
    date_trunc('quarter', contact_date)::DATE AS quarter_start,
    'county' AS district,
    CASE
        WHEN grouping(origin) = 0 THEN 'source'
        WHEN grouping(sex) = 0 THEN 'sex'
        WHEN grouping(years) = 0 THEN 'age'
        ELSE ''
    END AS category_type,
    coalesce(origin, sex, years, '') AS category,
    count(*) AS numerator,
    NULL AS denominator,
    bool_or(data_status = 'synthetic') AS synthetic
FROM (
    SELECT
        *,
        coalesce(nullif(source, ''), 'not recorded') AS origin,
        age_band(age) AS years
    FROM cases
    WHERE age BETWEEN 0 AND 17
)
GROUP BY GROUPING SETS (
    (quarter_start), (quarter_start, origin), (quarter_start, sex), (quarter_start, years)
)
