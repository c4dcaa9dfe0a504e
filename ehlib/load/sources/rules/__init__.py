"""Every rule that a fault can name, by its id; docs/rules.md says the same to readers."""

from ehlib.load.sources.rules.figures import ABOUT, NUMBERS
from ehlib.load.sources.rules.files import CELLS, COLUMNS, FILES
from ehlib.load.sources.rules.kinds import Rule as Rule
from ehlib.load.sources.rules.records import CASES, PLACES

GROUPS = {
    "Cells of a file": CELLS,
    "Files and tables as a whole": FILES,
    "Columns and rows": COLUMNS,
    "What a row is about": ABOUT,
    "Numbers": NUMBERS,
    "Case records": CASES,
    "Lookups and boundaries": PLACES,
}
RULES: dict[str, Rule] = {rule: known for group in GROUPS.values() for rule, known in group.items()}
