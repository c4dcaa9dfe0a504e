-- How long early help episodes last, where some are still open: what survival.py needs of it.
--
-- early_help_weeks  episodes opened in the 12 months to the end of a quarter, by the last week in
--                   which they were followed: up to their closing, or to the end of the quarter. Out
--                   of the episodes whose following ended in a week, those that closed in it.
--
-- A week counts only for episodes that could be followed to its end, so that closings of half-seen
-- weeks are left out together with what stayed open in them.
WITH followed AS (
    SELECT
        quarter_start,
        area_code AS district,
        coalesce('level ' || need_level, 'level not recorded') AS need_level,
        (quarter_end - opened_date::DATE) // 7 AS seen,
        if(
            closed_date <= quarter_end,
            greatest(1, ceil((closed_date::DATE - opened_date::DATE) / 7))::INTEGER,
            NULL
        ) AS lasted,
        data_status = 'synthetic' AS synthetic
    FROM cases
    INNER JOIN quarter_ends
        ON opened_date <= quarter_end AND opened_date > quarter_end - INTERVAL 12 MONTH
    WHERE age BETWEEN 0 AND 17 AND area_code IN (SELECT district FROM members)
)

SELECT
    'early_help_weeks' AS indicator_id,
    quarter_start,
    district,
    CASE
        WHEN grouping(need_level) + grouping(week) = 0 THEN 'level_and_week'
        WHEN grouping(week) = 0 THEN 'week'
        ELSE ''
    END AS category_type,
    concat_ws(', ', need_level, 'week ' || lpad(week::VARCHAR, 2, '0')) AS category,
    count(*) FILTER (lasted <= seen) AS numerator,
    count(*) AS denominator,
    bool_or(synthetic) AS synthetic
FROM (SELECT *, least(coalesce(lasted, seen), seen) AS week FROM followed)
GROUP BY GROUPING SETS (
    (quarter_start, district),
    (quarter_start, district, week),
    (quarter_start, district, need_level, week)
)
