-- Records of each extract that a later one has too: alike there, or in another version.
SELECT
    place,
    count(*) FILTER (said = last_said) AS rows_again,
    count(*) FILTER (said <> last_said) AS rows_replaced
FROM seen
INNER JOIN latest USING (own_id)
WHERE place < last_place
GROUP BY place
