-- Referrals of Annex A, list 3, by quarter. Annex A names no place: only the county is counted.
--
-- social_care_referrals  referrals; by their number in 12 months as the list gives it, since councils
--                        differ in whether that includes the referral itself.
-- referrals_no_action    referrals that led to no further action, out of those where it is recorded.
WITH counted AS (
    SELECT
        date_trunc('quarter', referral_date)::DATE AS quarter_start,
        CASE
            WHEN grouping(origin) = 0 THEN 'source'
            WHEN grouping(sex) = 0 THEN 'sex'
            WHEN grouping(years) = 0 THEN 'age'
            WHEN grouping(in_12_months) = 0 THEN 'referrals_in_12_months'
            ELSE ''
        END AS category_type,
        coalesce(origin, sex, years, in_12_months, '') AS category,
        count(*) AS referrals,
        count(*) FILTER (no_action = 'yes') AS closed,
        count(*) FILTER (no_action <> '') AS recorded,
        bool_or(data_status = 'synthetic') AS synthetic
    FROM (
        SELECT
            *,
            coalesce(nullif(source, ''), 'not recorded') AS origin,
            age_band(age) AS years,
            CASE
                WHEN referrals_before IS NULL THEN 'not recorded'
                WHEN referrals_before < 3 THEN referrals_before::VARCHAR
                ELSE '3 or more'
            END AS in_12_months
        FROM cases
        WHERE age BETWEEN 0 AND 17
    )
    GROUP BY GROUPING SETS (
        (quarter_start),
        (quarter_start, origin),
        (quarter_start, sex),
        (quarter_start, years),
        (quarter_start, in_12_months)
    )
)

SELECT
    'social_care_referrals' AS indicator_id,
    quarter_start,
    'county' AS district,
    category_type,
    category,
    referrals AS numerator,
    NULL AS denominator,
    synthetic
FROM counted
UNION ALL
SELECT
    'referrals_no_action' AS indicator_id,
    quarter_start,
    'county' AS district,
    category_type,
    category,
    closed AS numerator,
    recorded AS denominator,
    synthetic
FROM counted
WHERE category_type IN ('', 'source')
