"""Rules of case records, lookups and boundaries."""

from ehlib.load.sources.rules.kinds import CORRECT, error, note, warning

CASES = {  # case records
    "cell_empty": error("A cell of a record is empty that must not be.", mend="fill it in"),
    "day_wrong": error("A cell is no day, or one that cannot be.", mend=CORRECT),
    "age_wrong": error("An age is no whole number of years, or cannot be.", mend=CORRECT),
    "level_wrong": error("A level of need is none of the four.", mend=CORRECT),
    "word_unknown": error("A word is not in data/reference/case_words.toml.", mend=CORRECT),
    "district_unknown": error("The area is no district.", mend=CORRECT),
    "ends_before_start": error("A record ends before it begins.", mend=CORRECT),
    "closed_without_day": error("A record is closed and does not say when.", mend=CORRECT),
    "id_repeated": error(
        "Records with one id contradict each other.",
        "one row a record",
        "delete the row that is out of date",
    ),
    "postcode_unknown": error("A postcode is not one of England today.", mend=CORRECT),
    "postcode_to_district": warning("Postcodes were made districts and dropped."),
    "dob_to_age": warning("Dates of birth were made ages and dropped."),
    "record_replaced": note("A later extract has the record as well; the later one is used."),
    "record_again": note("A later extract has the same record; it was taken once."),
    "outside_county": note("A record of another county; it is not counted here."),
}
PLACES = {  # lookups and boundaries
    "lookup_code_unknown": error("A cell of a code column is no code of its kind.", mend=CORRECT),
    "boundary_refused": error("A file of boundaries cannot be used."),
    "boundary_repaired": warning("A shape was not valid and was made valid."),
    "boundary_crs_assumed": warning(
        "The file names no coordinate system; it was taken from the coordinates."
    ),
    "boundary_left_out": note("A shape of an area that is not known, or outside England."),
    "boundary_declined": note("Hexagons of a diagram (hexjson) are no outlines of areas."),
    "boundary_repeated": note(
        "An area of the same year is in a file read before; that one is used.",
        "each area of a year once",
    ),
    "boundary_incomplete": warning(
        "A file has some of the districts of the county but not all: the built ones are used."
    ),
    "boundary_unusable": error(
        "A shape has no outline of an area: none, a point or line, or outside Great Britain.",
        "a polygon in Great Britain",
        "draw or download it again",
    ),
    "boundary_misplaced": error(
        "A file of boundaries lies where only tables are looked for.",
        "a folder called boundaries",
        "move it to a folder called boundaries under data/raw",
    ),
}
