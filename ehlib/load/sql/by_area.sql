-- Counts of districts, localities and the county, with 0 where a district had no record.
-- by_district holds the counts of one indicator; members says which districts an area is made of.
WITH quarters AS (
    SELECT quarter_start, bool_or(synthetic) AS synthetic
    FROM by_district
    WHERE district IN (SELECT district FROM members)
    GROUP BY quarter_start
),

categories AS (
    SELECT DISTINCT category_type, category FROM by_district
),

whole AS (
    SELECT quarter_start, district, denominator FROM by_district WHERE category_type = ''
)

SELECT
    quarter_start,
    area_code,
    category_type,
    category,
    coalesce(sum(by_district.numerator), 0)::DOUBLE AS numerator,
    coalesce(sum(whole.denominator), 0)::DOUBLE AS denominator,
    quarters.synthetic
FROM quarters
CROSS JOIN categories
CROSS JOIN members
LEFT JOIN by_district USING (quarter_start, district, category_type, category)
LEFT JOIN whole USING (quarter_start, district)
GROUP BY ALL
ORDER BY ALL
