"""Areas: the register of English councils, the county, and what codes and names mean."""

from ehlib.load.areas.county import Areas as Areas
from ehlib.load.areas.county import Locality as Locality
from ehlib.load.areas.county import county_areas as county_areas
from ehlib.load.areas.county import filter_areas as filter_areas
from ehlib.load.areas.county import read_areas as read_areas
from ehlib.load.areas.register import Area as Area
from ehlib.load.areas.resolve import resolve_area as resolve_area
from ehlib.load.areas.resolve import resolve_areas as resolve_areas
