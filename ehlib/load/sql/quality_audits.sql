-- Quality audits, by quarter of the audit and district, then split one way at a time.
--
-- quality_audits           audits.
-- quality_audits_adequate  audits of children's social care judged adequate or better, out of those
--                          of children's social care with a judgement (children's plan 2014-16).
-- audits_adequate          the same for all services, by service.
--
-- Adequate or better is everything above inadequate; case_words.toml says how the words are read.
WITH audits AS (
    SELECT
        date_trunc('quarter', audit_date)::DATE AS quarter_start,
        area_code AS district,
        service,
        coalesce(nullif(judgement, ''), 'not recorded') AS judgement,
        judgement IN ('outstanding', 'good', 'adequate', 'requires improvement') AS adequate,
        judgement <> '' AS judged,
        data_status = 'synthetic' AS synthetic
    FROM cases
    WHERE area_code IN (SELECT district FROM members)
),

counted AS (
    SELECT
        quarter_start,
        district,
        CASE
            WHEN grouping(service) + grouping(judgement) = 0 THEN 'service_and_judgement'
            WHEN grouping(service) = 0 THEN 'service'
            WHEN grouping(judgement) = 0 THEN 'judgement'
            ELSE ''
        END AS category_type,
        concat_ws(', ', service, judgement) AS category,
        count(*) AS audits,
        count(*) FILTER (adequate) AS adequate,
        count(*) FILTER (judged) AS judged,
        bool_or(synthetic) AS synthetic
    FROM audits
    GROUP BY GROUPING SETS (
        (quarter_start, district),
        (quarter_start, district, service),
        (quarter_start, district, judgement),
        (quarter_start, district, service, judgement)
    )
)

SELECT
    'quality_audits' AS indicator_id,
    quarter_start,
    district,
    category_type,
    category,
    audits AS numerator,
    NULL AS denominator,
    synthetic
FROM counted
UNION ALL
SELECT
    'audits_adequate' AS indicator_id,
    quarter_start,
    district,
    category_type,
    category,
    adequate AS numerator,
    judged AS denominator,
    synthetic
FROM counted
WHERE category_type IN ('', 'service')
UNION ALL
SELECT
    'quality_audits_adequate' AS indicator_id,
    quarter_start,
    district,
    '' AS category_type,
    '' AS category,
    adequate AS numerator,
    judged AS denominator,
    synthetic
FROM counted
WHERE category_type = 'service' AND category = 'children''s social care'
