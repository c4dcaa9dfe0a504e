-- Records that stand in several extracts and are not alike there. `records` holds the records of
-- all extracts of one kind, with own_id and filename.
WITH told AS (
    SELECT
        own_id,
        filename,
        "row",
        hash(struct_pack(*COLUMNS(* EXCLUDE (own_id, filename, "row")))) AS said
    FROM records
)
SELECT
    own_id,
    filename,
    "row"
FROM told
QUALIFY min(said) OVER (PARTITION BY own_id) <> max(said) OVER (PARTITION BY own_id)
ORDER BY filename, "row"
