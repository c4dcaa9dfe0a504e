"""From notebooks to the pages of a quarter: run, checked, written and put in place together."""

import sys

# jsonschema, which nbformat imports, builds a grammar of web addresses on import when it finds this
# package: two seconds in every process, for a check that notebooks do not use.
sys.modules.setdefault("rfc3987_syntax", None)
