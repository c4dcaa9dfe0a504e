"""Weeks until episodes close, put together to bands in which no count is small."""

import itertools
from typing import NamedTuple

import numpy as np
import pandas as pd

from ehlib.load.schema import COLUMNS
from ehlib.measure.disclosure.policy import Policy
from ehlib.measure.survival import SHARE_WEEKS, read_weeks

SCOPES = [(True, True), (False, True), (True, False), (False, False)]  # levels, localities
ADDED = ["level", "week", "width"]
OPEN = "early_help_open"  # its parts by weeks open count nearly the same records


class _Table(NamedTuple):
    """Counts by week from 0: those closed in it, and those still open when last followed."""

    rows: pd.DataFrame  # area and level of each row of the counts
    counts: np.ndarray  # rows by closed and open by weeks


class _Rule(NamedTuple):
    """What a band may be."""

    policy: Policy
    barred: frozenset[int]  # no band begins there


def band_weeks(observations: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """Episodes by bands of weeks, fit to be shown as they are.

    Parameters
    ----------
    observations : DataFrame
        Counts of `early_help_weeks` of the county and its localities, and of `early_help_open` by
        weeks open; other rows are ignored.
    policy : Policy
        Says which counts are small and whether zeros are shown.

    Returns
    -------
    DataFrame, one row an area, period, level and band
        Categories such as `week 05` or `level 2, weeks 27 to 53`. In each band nobody closed or
        at least the threshold did, and as many are still open or nobody is: in every locality, all
        levels together, and in the county at every level. A band of the levels is made of whole
        bands of the localities, and one ends with week 26. So the two are the margins of a table,
        none of them small, and nothing in the table can be proved to be small: it can be as large
        as the lesser of its two margins. Episodes open at the end differ from those that stayed
        open by the few that closed in a week not seen to its end: no band ends where the two could
        be subtracted and leave a small count. Where there are no such bands, the levels are left
        out, else the localities, else both; where that does not do, nothing of the period is left.
    """
    weeks = read_weeks(observations)
    still_open = observations[
        (observations["indicator_id"] == OPEN) & (observations["category_type"] == "weeks_open")
    ]
    parts = [
        _banded(part, still_open[still_open["period_start"] == start], policy)
        for start, part in weeks.groupby("period_start", sort=True)
    ]
    if not parts:
        return observations.head(0)
    return pd.concat(parts, ignore_index=True)


def opened_in_a_year(bands: pd.DataFrame) -> pd.DataFrame:
    """What bands give away of other figures: episodes opened in the twelve months of their period.

    Parameters
    ----------
    bands : DataFrame
        From `band_weeks`.

    Returns
    -------
    DataFrame
        Rows of `early_help_episodes` for periods of twelve months.
    """
    whole = bands[bands["category_type"] == "week"]
    opened = whole.groupby(["area_code", "period"], observed=True)["denominator"].transform("sum")
    days = pd.to_datetime(whole["period_end"]) + pd.DateOffset(days=1)
    rows = whole.assign(
        indicator_id="early_help_episodes",
        period=whole["period"] + " rolling year",
        period_start=days - pd.DateOffset(years=1),
        category_type="",
        category="",
        numerator=opened,
        denominator=np.nan,
    )
    return rows.drop_duplicates(["area_code", "period"])[COLUMNS].reset_index(drop=True)


def _banded(part: pd.DataFrame, still_open: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """One period's weeks in bands, for the first scope that has any."""
    last = int(part["week"].max())
    columns = [name for name in part if name not in ADDED]
    for levels, localities in SCOPES:
        kinds = ["county", "locality"] if localities else ["county"]
        near = part[part["area_type"].isin(kinds)]
        whole = _table(near[near["level"] == ""], last)
        split = near[(near["level"] != "") & (near["area_type"] == "county")]
        split = _table(split, last)
        both = np.concatenate([split.counts, whole.counts]) if levels else whole.counts
        rule = _Rule(policy, _barred(whole, still_open, policy))
        wide = _cuts(both, rule)
        if wide and len(both):
            cuts = [_within(whole.counts, ends, rule) for ends in _pairs(wide)]
            rows = _rows(whole, sorted({*itertools.chain(*cuts)}))
            rows += _rows(split, wide) if levels else []
            return pd.DataFrame(rows)[columns]
    return part.head(0)[columns]


def _barred(whole: _Table, still_open: pd.DataFrame, policy: Policy) -> frozenset[int]:
    """Weeks before which no band may end, as few as will do."""
    ends = still_open["category"].astype("str").str.extract(r"to (\d+)")[0].astype("float64") + 1
    edges = sorted({int(each) for each in ends.dropna() if each < whole.counts.shape[2]})
    codes = still_open["area_code"].astype("str")
    left = []  # of each area and edge: stayed open for less, and were not open at the end
    for place, counts in zip(whole.rows["area_code"], whole.counts[:, 1], strict=True):
        own = codes == place
        shown = [still_open.loc[own & (ends <= edge), "numerator"].sum() for edge in edges]
        left.append([counts[:edge].sum() - n for edge, n in zip(edges, shown, strict=True)])
    for number in range(len(edges)):
        for barred in itertools.combinations(range(len(edges)), number):
            kept = np.delete(np.array(left), barred, axis=1)
            between = np.abs(np.diff(kept, axis=1, prepend=0.0))
            if ((between == 0) | (between >= policy.threshold)).all():
                return frozenset(edges[each] for each in barred)
    return frozenset(edges)


def _table(rows: pd.DataFrame, last: int) -> _Table:
    places = rows.drop_duplicates(["area_code", "level"]).reset_index(drop=True)
    keys = pd.MultiIndex.from_frame(places[["area_code", "level"]])
    here = keys.get_indexer(pd.MultiIndex.from_frame(rows[["area_code", "level"]]))
    counts = np.zeros((len(places), 2, last + 1))
    week = rows["week"].to_numpy(int)
    counts[here, 0, week] = rows["numerator"]
    counts[here, 1, week] = rows["denominator"] - rows["numerator"]
    return _Table(places, counts)


def _pairs(cuts: list[int]) -> list[tuple[int, int]]:
    return list(itertools.pairwise(cuts))


def _cuts(counts: np.ndarray, rule: _Rule) -> list[int] | None:
    """Where bands begin, the end of the last included, with one cut after the 26th week."""
    last = counts.shape[-1]
    middle = min(SHARE_WEEKS + 1, last)
    halves = [_within(counts, each, rule) for each in ((0, middle), (middle, last))]
    return sorted({cut for each in halves for cut in each}) if all(halves) else None


def _within(counts: np.ndarray, ends: tuple[int, int], rule: _Rule) -> list[int]:
    """Cuts of the most bands from one end to the other in which no count is small; or none."""
    first, last = ends
    sums = np.concatenate([np.zeros((*counts.shape[:2], 1)), counts.cumsum(axis=2)], axis=2)
    best: dict[int, tuple[int, list[int]]] = {first: (0, [first])}
    for end in sorted({*range(first + 1, last + 1)} - rule.barred):
        for start in [each for each in best if each < end]:
            inside = sums[:, :, end] - sums[:, :, start]
            zero = (inside == 0) if rule.policy.zeros_shown else np.zeros(inside.shape, bool)
            if (zero | (inside >= rule.policy.threshold)).all():
                bands, cuts = best[start][0] + bool(inside.any()), [*best[start][1], end]
                best[end] = max(best.get(end, (-1, [])), (bands, cuts))
    return best[last][1] if last in best else []


def _rows(table: _Table, cuts: list[int]) -> list[dict[str, object]]:
    """A row for each area, level and band in which anybody's following ended."""
    made = []
    for place, counts in zip(table.rows.to_dict("records"), table.counts, strict=True):
        for start, end in _pairs(cuts):
            closed, left_open = counts[:, start:end].sum(axis=1)
            if closed + left_open:
                weeks = f"week {start:02d}"
                weeks = weeks if end == start + 1 else f"weeks {start:02d} to {end - 1:02d}"
                category = ", ".join(filter(None, [place["level"], weeks]))
                figures = {"numerator": closed, "denominator": closed + left_open}
                made.append(place | figures | {"category": category})
    return made
