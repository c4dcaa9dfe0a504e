-- Counts of districts, localities and the county, with 0 where a district had no record.
-- by_district holds the counts of some indicators; members says which districts an area is made of.
-- Where no denominator was counted, the whole is that of a part, and its own.
WITH quarters AS (
    SELECT indicator_id, quarter_start, bool_or(synthetic) AS synthetic
    FROM by_district
    WHERE district IN (SELECT district FROM members)
    GROUP BY indicator_id, quarter_start
),

categories AS (
    SELECT DISTINCT indicator_id, category_type, category FROM by_district
),

whole AS (
    SELECT indicator_id, quarter_start, district, numerator AS records
    FROM by_district
    WHERE category_type = '' AND denominator IS NULL
),

own AS (
    SELECT indicator_id, bool_or(denominator IS NOT NULL) AS counted
    FROM by_district
    GROUP BY indicator_id
)

SELECT
    indicator_id,
    quarter_start,
    area_code,
    category_type,
    category,
    coalesce(sum(by_district.numerator), 0)::DOUBLE AS numerator,
    coalesce(sum(if(own.counted, by_district.denominator, whole.records)), 0)::DOUBLE AS denominator,
    quarters.synthetic
FROM quarters
INNER JOIN categories USING (indicator_id)
INNER JOIN own USING (indicator_id)
CROSS JOIN members
LEFT JOIN by_district USING (indicator_id, quarter_start, district, category_type, category)
LEFT JOIN whole USING (indicator_id, quarter_start, district)
GROUP BY ALL
ORDER BY ALL
