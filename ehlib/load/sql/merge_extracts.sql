-- Which extract says last what is known of each record. `records` holds the records of all extracts
-- of one kind, with own_id and filename; `places` has the order of the files, the earliest first.
CREATE TEMP TABLE seen AS
SELECT
    own_id,
    place,
    hash(version) AS said
FROM (
    SELECT
        own_id,
        place,
        struct_pack(*COLUMNS(* EXCLUDE (own_id, place, filename, "row"))) AS version
    FROM records
    INNER JOIN places USING (filename)
);

CREATE TEMP TABLE latest AS
SELECT
    own_id,
    max(place) AS last_place,
    arg_max(said, place) AS last_said
FROM seen
GROUP BY own_id;
