"""Attack on a protected release: what an outsider can work out about each hidden count.

Written without reading `ehlib.measure.disclosure`, from what a reader of the pages has: the shown
figures, which areas, categories, ages and periods make up which, that counts are whole and not
negative, and the releases before. Nothing here knows what was hidden, or why.
"""

from collections.abc import Mapping, Sequence

import pandas as pd

from ehlib.load.areas import Areas
from ehlib.load.indicators import Indicator
from ehlib.measure.attack.bounds import bound_counts
from ehlib.measure.attack.facts import CELL, gather_counts, join_counts
from ehlib.measure.attack.sums import gather_sums


def attack(
    shown: Sequence[tuple[str, pd.DataFrame]],
    areas: Areas,
    indicators: Mapping[str, Indicator],
    *,
    links: Sequence[Mapping[str, object]] = (),
) -> pd.DataFrame:
    """Lowest and highest count that each hidden figure can have, given all that is shown.

    Parameters
    ----------
    shown : sequence of (release, frame of observations)
        What was published, oldest first; hidden rows have the note `suppressed` and no numbers. A
        frame may have a column `districts`: the codes its area was made of, joined by ";".
    areas : Areas
        The county: which districts make up each locality and the county.
    indicators : mapping
        The catalogue: tells the case indicators and which of them are percentages.
    links : sequence of mapping
        Figures that are sums of categories of another indicator, as in `disclosure.toml`.

    Returns
    -------
    DataFrame, one row per hidden count
        `release`, key columns, `figure` (numerator, denominator, remainder or rest), `lowest` and
        `highest`, whole numbers; `highest` is infinite where nothing bounds it.

    References
    ----------
    Fischetti and Salazar (2001), Management Science 47, 1008-1027: the attacker's two programmes.
    """
    counts = join_counts([gather_counts(*each, indicators) for each in shown])
    sums = gather_sums(counts, areas, links)
    return bound_counts(sums)


def find_breaches(
    bounds: pd.DataFrame,
    threshold: int,
    truth: Sequence[tuple[str, pd.DataFrame]],
    indicators: Mapping[str, Indicator],
) -> pd.DataFrame:
    """Small counts that an outsider can prove to be small.

    Parameters
    ----------
    bounds : DataFrame
        From `attack`.
    threshold : int
        Counts from 1 to below this are small.
    truth : sequence of (release, frame of observations)
        Frames of releases attacked, with their hidden numbers.
    indicators : mapping
        The catalogue.

    Returns
    -------
    DataFrame, rows of `bounds`
        Those whose highest count is below the threshold, though the true one is not 0. What parts
        leave of their whole has no row of its own: it counts if it is proved to be above 0.
    """
    if bounds.empty:
        return bounds
    counts = join_counts([gather_counts(*each, indicators) for each in truth])
    counts = counts.drop_duplicates(["release", *CELL])
    tight = bounds[(bounds["highest"] > 0) & (bounds["highest"] < threshold)]
    on = ["release", *CELL]
    known = tight.merge(counts[[*on, "count"]], on=on, how="left", validate="m:1")["count"]
    wholes = counts.assign(figure=counts["figure"].replace("denominator", "remainder"))
    parts = counts.assign(figure=counts["figure"].replace("numerator", "remainder"))
    whole = tight.merge(wholes[[*on, "count"]], on=on, how="left", validate="m:1")["count"]
    part = tight.merge(parts[[*on, "count"]], on=on, how="left", validate="m:1")["count"]
    true = known.fillna(whole - part).fillna(tight["lowest"].reset_index(drop=True))
    return tight[(true > 0).to_numpy()]
