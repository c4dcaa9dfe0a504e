-- Each record once, as the latest extract that has it says; `extract` is the place of that extract.
SELECT
    records.* EXCLUDE (own_id, filename),
    place AS extract
FROM records
INNER JOIN places USING (filename)
INNER JOIN latest ON records.own_id = latest.own_id AND place = last_place
