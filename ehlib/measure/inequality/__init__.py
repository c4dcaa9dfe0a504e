"""Inequality between places, and between groups from the most to the least deprived."""

from ehlib.measure.inequality.gradient import Gradient, deprivation_gradient, read_deprivation
from ehlib.measure.inequality.slope import SlopeIndex, slope_index
from ehlib.measure.inequality.spread import (
    Heterogeneity,
    WidestGap,
    attributable_limits,
    heterogeneity,
    widest_gap,
)
from ehlib.measure.inequality.summary import (
    RangeAndRatio,
    concentration_index,
    deprivation_groups,
    population_attributable_risk,
    range_and_ratio,
)

__all__ = [
    "Gradient",
    "Heterogeneity",
    "RangeAndRatio",
    "SlopeIndex",
    "WidestGap",
    "attributable_limits",
    "concentration_index",
    "deprivation_gradient",
    "deprivation_groups",
    "heterogeneity",
    "population_attributable_risk",
    "range_and_ratio",
    "read_deprivation",
    "slope_index",
    "widest_gap",
]
