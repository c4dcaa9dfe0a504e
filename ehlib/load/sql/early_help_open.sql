-- Early help episodes open at the end of each quarter, by district, then split one way at a time.
-- An episode is open at the end of the day that it opens, and no longer on the day that it closes.
--
-- early_help_open           open at the end of the quarter.
-- early_help_open_26_weeks  open for 26 weeks or more by then, out of those open.
WITH open_then AS (
    SELECT
        quarter_start,
        area_code AS district,
        coalesce('level ' || need_level, 'not recorded') AS need_level,
        sex,
        age_band(age) AS age,
        (quarter_end - opened_date::DATE) // 7 AS weeks,
        CASE
            WHEN weeks < 13 THEN '0 to 12 weeks'
            WHEN weeks < 26 THEN '13 to 25 weeks'
            WHEN weeks < 52 THEN '26 to 51 weeks'
            ELSE '52 weeks or more'
        END AS weeks_open,
        data_status = 'synthetic' AS synthetic
    FROM cases
    INNER JOIN quarter_ends
        ON opened_date <= quarter_end AND (closed_date IS NULL OR closed_date > quarter_end)
    WHERE age BETWEEN 0 AND 17 AND area_code IN (SELECT district FROM members)
),

counted AS (
    SELECT
        quarter_start,
        district,
        CASE
            WHEN grouping(need_level) + grouping(weeks_open) = 0 THEN 'level_and_weeks_open'
            WHEN grouping(need_level) = 0 THEN 'need_level'
            WHEN grouping(weeks_open) = 0 THEN 'weeks_open'
            WHEN grouping(sex) = 0 THEN 'sex'
            WHEN grouping(age) = 0 THEN 'age'
            ELSE ''
        END AS category_type,
        concat_ws(', ', need_level, weeks_open, sex, age) AS category,
        count(*) AS episodes,
        count(*) FILTER (weeks >= 26) AS long,
        bool_or(synthetic) AS synthetic
    FROM open_then
    GROUP BY GROUPING SETS (
        (quarter_start, district),
        (quarter_start, district, need_level),
        (quarter_start, district, weeks_open),
        (quarter_start, district, need_level, weeks_open),
        (quarter_start, district, sex),
        (quarter_start, district, age)
    )
)

SELECT
    'early_help_open' AS indicator_id,
    quarter_start,
    district,
    category_type,
    category,
    episodes AS numerator,
    NULL AS denominator,
    synthetic
FROM counted
UNION ALL
SELECT
    'early_help_open_26_weeks' AS indicator_id,
    quarter_start,
    district,
    category_type,
    category,
    long AS numerator,
    episodes AS denominator,
    synthetic
FROM counted
WHERE category_type IN ('', 'need_level', 'sex', 'age')
