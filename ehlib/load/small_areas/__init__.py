"""Files by small area: deprivation, residents, low income, and lookups between areas."""

from ehlib.load.publishers.publisher import Publisher
from ehlib.load.small_areas.deprivation import DEPRIVATION
from ehlib.load.small_areas.lookups import add_parents as add_parents
from ehlib.load.small_areas.lookups import knows_lookup as knows_lookup
from ehlib.load.small_areas.lookups import read_lookup as read_lookup
from ehlib.load.small_areas.lookups import read_lookups as read_lookups
from ehlib.load.small_areas.population import POPULATION
from ehlib.load.small_areas.scores import children_by_area as children_by_area
from ehlib.load.small_areas.scores import deprivation_scores as deprivation_scores

SMALL_AREAS: dict[str, Publisher] = DEPRIVATION | POPULATION
