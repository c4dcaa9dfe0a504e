"""Translators of publishers' files: from their columns to tidy text rows, known by content."""

from ehlib.load.publishers.dfe import DFE
from ehlib.load.publishers.dwp import DWP
from ehlib.load.publishers.fingertips import FINGERTIPS
from ehlib.load.publishers.lait import LAIT
from ehlib.load.publishers.ons import ONS
from ehlib.load.publishers.publisher import Publisher as Publisher

# In the order in which they are asked: the first that knows a header reads the table.
PUBLISHERS: dict[str, Publisher] = {**FINGERTIPS, **LAIT, **DFE, **ONS, **DWP}
