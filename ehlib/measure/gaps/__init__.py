"""Gaps between groups of children or places, and whether they widened or narrowed."""

from ehlib.measure.gaps.association import RankCorrelation as RankCorrelation
from ehlib.measure.gaps.association import rank_correlation as rank_correlation
from ehlib.measure.gaps.association import small_area_association as small_area_association
from ehlib.measure.gaps.change import GapChange as GapChange
from ehlib.measure.gaps.change import gap_change as gap_change
from ehlib.measure.gaps.localities import aggregate_localities as aggregate_localities
from ehlib.measure.gaps.neighbourhoods import Deprived as Deprived
from ehlib.measure.gaps.neighbourhoods import Spread as Spread
from ehlib.measure.gaps.neighbourhoods import deprived_neighbourhoods as deprived_neighbourhoods
from ehlib.measure.gaps.neighbourhoods import districts_of as districts_of
from ehlib.measure.gaps.neighbourhoods import neighbourhood_rates as neighbourhood_rates
from ehlib.measure.gaps.neighbourhoods import small_shapes as small_shapes
from ehlib.measure.gaps.neighbourhoods import spread_of_events as spread_of_events
from ehlib.measure.gaps.pairs import PAIRS as PAIRS
from ehlib.measure.gaps.pairs import Pair as Pair
from ehlib.measure.gaps.pairs import attainment_gaps as attainment_gaps
from ehlib.measure.gaps.pairs import pair_ids as pair_ids
from ehlib.measure.gaps.series import gap_series as gap_series
from ehlib.measure.gaps.topics import ATLAS as ATLAS
from ehlib.measure.gaps.topics import Topic as Topic
from ehlib.measure.gaps.topics import inequality_topics as inequality_topics
from ehlib.measure.gaps.topics import mapped_periods as mapped_periods
from ehlib.measure.gaps.topics import shared_breaks as shared_breaks
