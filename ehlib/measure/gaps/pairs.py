"""Gaps in attainment between groups of pupils and their peers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ehlib.load.indicators import Indicator
from ehlib.load.schema import KEY, NUMBERS
from ehlib.measure.rates import FIGURES, LIMITS, proportion, subtract

ON = ["area_code", "period"]
PLACE = [*KEY, "area_name", "area_type", "period_start", "period_end"]
SAID = ["value_note", "source_id", "source_name"]
CARED_FOR = "CLA 12 months at 31 March"  # the department's name of the group
MEALS, SIX_YEARS = "free school meals", "disadvantaged"
LOOKED_AFTER, NEEDS = "looked after", "special educational needs"


@dataclass(frozen=True)
class Pair:
    """A group of pupils and the peers it is compared with, by one result at one age.

    `group_ids` are indicators that hold the group's result, the best first; `category` is the
    group's name in an indicator that holds several. `like` is the indicator whose definitions the
    results follow. `fixed` says that the peers are so many that their figure is taken as known
    where it comes without counts. `plan` is the plans' indicator that the gap answers.
    """

    id: str
    basis: str
    age: int
    group: str
    others: str
    result: str
    group_ids: tuple[str, ...]
    others_ids: tuple[str, ...]
    like: str
    unit: str = "%"
    category: str = ""
    fixed: bool = False
    plan: str = ""


_DEVELOPED = "had a good level of development"
_READY = "reached the expected standard in reading, writing and maths"
_SCORE = "Attainment 8 score"
_MEALS = ("pupils taking free school meals", "other pupils")
_POOR = ("disadvantaged pupils", "other pupils")
_CARE = ("looked-after children", "all pupils")
_SUPPORT = ("pupils with SEN support", "pupils without special needs")
_PLAN = ("pupils with an education, health and care plan", "pupils without special needs")


def _of(stem: str, basis: str) -> dict[str, tuple[str, ...]]:
    word = "fsm" if basis == MEALS else "disadvantaged"
    return {"group_ids": (f"{stem}_{word}",), "others_ids": (f"{stem}_not_{word}",)} | {
        "like": f"{stem}_{word}"
    }


_AT_11 = {"result": _READY, "like": "ks2_expected_fsm"}
_AT_16 = {"result": _SCORE, "like": "attainment8_fsm", "unit": "points"}
_KS2_ALL = {"others_ids": ("lait_ks2rwm_expected_std",), "fixed": True}
_KS2_NO_SEN = {"others_ids": ("lait_noid_sen_new_ks2_rwm",)}
_SCORE_NO_SEN = {"others_ids": ("lait_sen_noid_avg_attain8_score",)}
PAIRS = (
    Pair("development_fsm", MEALS, 5, *_MEALS, _DEVELOPED, **_of("eyfs_good_development", MEALS)),
    Pair(
        "standard_fsm",
        MEALS,
        11,
        *_MEALS,
        _READY,
        **_of("ks2_expected", MEALS),
        plan="fsm_gap_age_11",
    ),
    Pair(
        "gcse_fsm",
        MEALS,
        16,
        *_MEALS,
        "got 5 or more GCSEs at A*-C with English and maths",
        **_of("gcse_5_ac", MEALS),
        plan="fsm_gap_age_16",
    ),
    Pair("score_fsm", MEALS, 16, *_MEALS, _SCORE, **_of("attainment8", MEALS), unit="points"),
    Pair("standard_poor", SIX_YEARS, 11, *_POOR, _READY, **_of("ks2_expected", SIX_YEARS)),
    Pair(
        "score_poor", SIX_YEARS, 16, *_POOR, _SCORE, **_of("attainment8", SIX_YEARS), unit="points"
    ),
    Pair(
        "standard_care",
        LOOKED_AFTER,
        11,
        *_CARE,
        group_ids=("dfe_key_stage_2_pt_rwm_met_expected_standard", "lait_lac_ks2_expstd_rwm"),
        category=CARED_FOR,
        **_AT_11,
        **_KS2_ALL,
    ),
    Pair(
        "score_care",
        LOOKED_AFTER,
        16,
        *_CARE,
        group_ids=("lait_lac_ks4_avg_attain8",),
        others_ids=("lait_avg_attain8_score",),
        **_AT_16,
    ),
    Pair(
        "standard_sen_support",
        NEEDS,
        11,
        *_SUPPORT,
        group_ids=("lait_new_ks2_rwm_sen_w_osta",),
        **_AT_11,
        **_KS2_NO_SEN,
    ),
    Pair(
        "standard_sen_plan",
        NEEDS,
        11,
        *_PLAN,
        group_ids=("lait_new_ks2_rwm_sen_withsta",),
        **_AT_11,
        **_KS2_NO_SEN,
    ),
    Pair(
        "score_sen_support",
        NEEDS,
        16,
        *_SUPPORT,
        group_ids=("lait_sen_wostat_avg_attain8_score",),
        **_AT_16,
        **_SCORE_NO_SEN,
    ),
    Pair(
        "score_sen_plan",
        NEEDS,
        16,
        *_PLAN,
        group_ids=("lait_sen_stat_avg_attain8_score",),
        **_AT_16,
        **_SCORE_NO_SEN,
    ),
)


def pair_ids(pairs: Iterable[Pair] = PAIRS) -> list[str]:
    """Indicators that pairs are made from, and those of the plans that they answer."""
    sides = [key for pair in pairs for key in (*pair.group_ids, *pair.others_ids, pair.plan)]
    return [key for key in dict.fromkeys(sides) if key]


def attainment_gaps(
    observations: pd.DataFrame,
    indicators: Mapping[str, Indicator],
    area_codes: Iterable[str],
    pairs: Iterable[Pair] = PAIRS,
) -> pd.DataFrame:
    """Gap of each pair in each area and year: the peers' result less the group's.

    Parameters
    ----------
    observations : DataFrame
        Of the indicators that `pair_ids` names; with counts where the publisher gives them.
    indicators : mapping
        The catalogue: its versions say from when on a result is defined otherwise.
    area_codes : iterable of str
        Areas to show.
    pairs : iterable of Pair
        Which gaps.

    Returns
    -------
    DataFrame, one row per pair, area and year of which both sides are known
        `pair`, the key of the group's observation and `others_id`, the peers' indicator,
        `definition`, `group_value`, `others_value`, and `value`, `lower_ci`, `upper_ci` of the
        gap, in percentage points or points. Limits are Newcombe's
        (1998, method 10) where both sides have counts, and missing where a side has none. Above 0
        where the group does less well.
    """
    chosen = observations[observations["area_code"].isin(list(area_codes))]
    parts = [_gaps(chosen, pair, indicators) for pair in pairs]
    filled = [part for part in parts if len(part)]
    columns = [
        "pair",
        *PLACE,
        "others_id",
        "definition",
        "group_value",
        "others_value",
        *FIGURES,
        *SAID,
    ]
    if not filled:
        return pd.DataFrame(columns=columns)
    return pd.concat(filled, ignore_index=True)[columns]


def _gaps(
    observations: pd.DataFrame, pair: Pair, indicators: Mapping[str, Indicator]
) -> pd.DataFrame:
    group = _side(observations, pair.group_ids, pair)
    others = _side(observations, pair.others_ids, pair)
    if pair.fixed:  # thousands of pupils beside a few dozen
        for limit in LIMITS:
            others[limit] = others[limit].fillna(others["value"])
    others = others.rename(columns={"indicator_id": "others_id"})
    sides = group.merge(others[[*ON, "others_id", *FIGURES]], on=ON, suffixes=("", "_others"))
    sides = sides.sort_values(["area_code", "period_start"], ignore_index=True)
    gap = subtract(
        tuple(sides[f"{name}_others"] for name in FIGURES), tuple(sides[name] for name in FIGURES)
    )
    version = indicators[pair.like].version_at
    made = dict(zip(FIGURES, gap, strict=True))
    values = {"group_value": sides["value"], "others_value": sides["value_others"]}
    breaks = [str(version(day.date()).start) for day in sides["period_start"]]
    return sides.assign(pair=pair.id, definition=breaks, **values, **made)


def _side(observations: pd.DataFrame, ids: tuple[str, ...], pair: Pair) -> pd.DataFrame:
    """One side's result by area and year, from the first of its indicators that has it."""
    rows = observations[observations["indicator_id"].isin(ids)]
    rows = rows[rows["category"].isin(["", pair.category])]
    rank = rows["indicator_id"].map({key: place for place, key in enumerate(ids)})
    rows = rows.assign(rank=rank).sort_values("rank", kind="stable")
    if pair.unit == "%":
        counted = rows[["numerator", "denominator"]].notna().all(axis=1).to_numpy()
        made = proportion(*(rows[name].where(counted) for name in NUMBERS[:2]))
        for name, column in zip(FIGURES, made, strict=True):
            rows[name] = np.where(counted, column, rows[name])
    return rows.dropna(subset="value").drop_duplicates(ON)
