"""How children are doing, district by district: from prepared figures to pages safe to share."""

from importlib import import_module

HOMES = {  # names that notebooks use, imported on first use so that the command line starts fast
    "ehlib.load.accounts.restated": ["read_restated"],
    "ehlib.load.actions": ["read_actions"],
    "ehlib.load.areas": ["filter_areas", "read_areas"],
    "ehlib.load.boundaries": ["read_boundaries"],
    "ehlib.load.indicators": ["read_indicators"],
    "ehlib.load.indicators.reported": ["early_help_measures", "outcomes_of"],
    "ehlib.load.schema": ["read_observations", "read_sources"],
    "ehlib.measure.compare": [
        "add_comparison",
        "filter_area",
        "filter_latest",
        "filter_totals",
        "filter_type",
    ],
    "ehlib.measure.comparators": ["add_ranks", "comparator_codes", "place_series", "profile_ids"],
    "ehlib.measure.gaps": [
        "aggregate_localities",
        "attainment_gaps",
        "deprived_neighbourhoods",
        "inequality_topics",
        "neighbourhood_rates",
        "small_area_association",
    ],
    "ehlib.measure.impact.progress": ["add_progress"],
    "ehlib.measure.impact.standing": ["add_standing", "recorded_since"],
    "ehlib.measure.inequality": ["deprivation_gradient", "read_deprivation"],
    "ehlib.measure.profile": ["profile_measures", "rug", "spine"],
    "ehlib.measure.rates": ["add_measures"],
    "ehlib.measure.release": ["read_released"],
    "ehlib.measure.spatial.clusters": [
        "filter_neighbourhoods",
        "local_clusters",
        "with_neighbourhoods",
    ],
    "ehlib.measure.spc.funnel": ["add_funnel", "funnel_curve"],
    "ehlib.measure.survival": ["aggregate_curves", "aggregate_time_to_close"],
    "ehlib.show.board.exceptions": ["exceptions"],
    "ehlib.show.cases.closing": ["plot_closing"],
    "ehlib.show.cells": [
        "show_definition",
        "show_facts",
        "show_figure",
        "show_findings",
        "show_markdown",
        "show_note",
        "show_sources",
        "show_table",
        "show_title",
    ],
    "ehlib.show.charts": ["plot_areas"],
    "ehlib.show.figures.clusters": ["map_clusters"],
    "ehlib.show.figures.deprivation": ["plot_gradient"],
    "ehlib.show.figures.process": ["plot_process"],
    "ehlib.show.figures.profile": ["plot_rug", "plot_spine"],
    "ehlib.show.figures.spread": ["plot_funnel"],
    "ehlib.show.maps": ["map_districts"],
    "ehlib.show.trends": ["plot_shares", "plot_trends"],
}
HOME_OF = {name: home for home, names in HOMES.items() for name in names}
__all__ = sorted(HOME_OF)


def __getattr__(name: str) -> object:
    """Object that a public name stands for, from the module that defines it."""
    if name not in HOME_OF:
        raise AttributeError(f"module 'ehlib' has no attribute {name!r}")
    return getattr(import_module(HOME_OF[name]), name)


def __dir__() -> list[str]:
    """Public names, for completion in JupyterLab."""
    return __all__
