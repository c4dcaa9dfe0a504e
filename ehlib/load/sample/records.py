"""Invented enquiries and episodes as numbers: when, where, of which child, with which end."""

import tomllib
from pathlib import Path

import numpy as np
import pandas as pd

REFERENCE = Path(__file__).resolve().parents[3] / "data" / "reference" / "sample.toml"
YEAR = 365.25
EARLY_HELP = "early help services"
LEVELS = [1, 2, 3, 4]  # of the Pathway to Provision


def read_model() -> dict:
    """Assumptions, with their tables as frames and the days of the extract as an array."""
    model = tomllib.loads(REFERENCE.read_text(encoding="utf-8"))
    for table in ("districts", "sources", "agencies"):
        model[table] = pd.DataFrame.from_dict(model[table], orient="index")
    audits = {name: each.pop("judgements") | each for name, each in model["audits"].items()}
    model["audits"] = pd.DataFrame.from_dict(audits, orient="index", dtype="float64")
    model["days"] = np.arange(np.datetime64(model["first"]), np.datetime64(model["last"]) + 1)
    first, last = (np.datetime64(day) for day in model["calibrated"])
    inner = np.searchsorted(model["days"], [first, last + 1])
    model["blocks"] = [0, *inner, len(model["days"])]
    model["middle"] = inner.mean()
    model["size"] = _block_counts(model, None).sum()
    return model


def draw_enquiries(rng: np.random.Generator, model: dict, rows: int | None) -> pd.DataFrame:
    """Enquiries as numbers: district, day, kind of source, child, age, level, outcome."""
    records = _arrivals(rng, model, _block_counts(model, rows), model["sources"])
    records = _with_children(rng, model, records)
    records["level"] = _levels(rng, model, records, model["sources"])
    level = records["level"].to_numpy() - 1
    weights = np.array(list(model["outcomes"].values()), dtype="float64").T[level]
    weights[:, 0] *= np.exp(_drifting(model, records, "closed", records["day"]))
    records["reason"] = chosen(rng, weights)
    decided = records["day"] + rng.exponential(np.array(model["outcome_days"])[level]).astype(int)
    first_weekday = model["days"][0].astype(object).weekday()
    weekday = (decided + first_weekday) % 7
    to_monday = np.where((weekday > 4) & (level < 3), 7 - weekday, 0)  # level 4 never waits
    records["ended"] = (decided + to_monday).astype("int32")
    return records


def draw_episodes(rng: np.random.Generator, model: dict, enquiries: pd.DataFrame) -> pd.DataFrame:
    """Episodes as numbers; some follow an enquiry whose outcome was early help."""
    wanted = max(1, round(len(enquiries) * model["episodes_per_enquiry"]))
    helped = enquiries["reason"] == list(model["outcomes"]).index(EARLY_HELP)
    due = np.flatnonzero(helped & (enquiries["ended"] < len(model["days"]) - 21))
    picked = np.sort(rng.permutation(due)[: int(wanted * model["from_enquiries"])])
    referred = enquiries.iloc[picked].copy()
    referred["level"] = referred["level"].clip(upper=3)
    share = model["agencies"]["share"].to_numpy()
    referred["kind"] = rng.choice(len(share), len(picked), p=share / share.sum())
    referred["day"] = referred["ended"] + rng.integers(1, 21, len(picked))
    counts = _block_counts(model, wanted - len(picked))
    others = _with_children(rng, model, _arrivals(rng, model, counts, model["agencies"]))
    others["child"] += len(enquiries)
    others["level"] = _levels(rng, model, others, model["agencies"])
    return _with_closures(rng, model, pd.concat([referred, others], ignore_index=True))


def _with_closures(rng: np.random.Generator, model: dict, episodes: pd.DataFrame) -> pd.DataFrame:
    """Episodes with process, closing day (beyond the extract while open) and reason."""
    middle, change = model["common_assessment"]
    odds = np.exp(middle + change * years_from_middle(model, episodes["day"]))
    episodes["process"] = rng.random(len(episodes)) >= odds / (1 + odds)
    scale = np.array(model["open_days"])[episodes["level"] - 1]
    length = (scale * rng.weibull(1.4, len(episodes))).astype("int32")
    episodes["ended"] = episodes["day"] + 1 + length
    weights = np.tile(np.array(list(model["closures"].values()), dtype="float64"), (len(length), 1))
    weights[:, 0] *= np.exp(_drifting(model, episodes, "met", episodes["ended"]))
    weights[:, 1] *= episodes["level"]
    episodes["reason"] = chosen(rng, weights)
    return episodes


def _block_counts(model: dict, rows: int | None) -> np.ndarray:
    """Records by district (rows) before, in and after the calibrated months (columns)."""
    weights = _day_weights(model, model["sources"]).sum(axis=1) * _growth(model)
    blocks = np.add.reduceat(weights, model["blocks"][:-1], axis=1)
    counts = model["districts"]["enquiries"].to_numpy()[:, None] * blocks / blocks[:, [1]]
    counts = np.rint(counts).astype("int64")
    if rows is None:
        return counts
    scaled, left = np.divmod(counts.ravel() * rows, counts.sum())
    scaled[np.argsort(-left, kind="stable")[: rows - scaled.sum()]] += 1
    return scaled.reshape(counts.shape)


def _growth(model: dict) -> np.ndarray:
    rates = model["districts"]["growth"].to_numpy()
    return (1 + rates[:, None]) ** years_from_middle(model, np.arange(len(model["days"])))


def years_from_middle(model: dict, days: pd.Series | np.ndarray) -> np.ndarray:
    """Years since the middle of the calibrated months."""
    return (np.asarray(days) - model["middle"]) / YEAR


def _drifting(model: dict, records: pd.DataFrame, name: str, days: pd.Series) -> np.ndarray:
    """Log odds of a record's district on a day: at the middle, plus the change a year."""
    odds = np.array(model["districts"][name].to_list())[records["district"]]
    return odds[:, 0] + odds[:, 1] * years_from_middle(model, days)


def _day_weights(model: dict, kinds: pd.DataFrame) -> np.ndarray:
    """Weight of each day (rows) for each kind (columns): weekends, holidays, Christmas, August."""
    days = model["days"]
    weekend = np.is_busday(days, weekmask="Sat Sun")[:, None]
    holiday = np.zeros((len(days), 1), dtype=bool)
    for first, last in model["holidays"]:
        holiday[(days >= np.datetime64(first)) & (days <= np.datetime64(last))] = True
    weights = np.where(weekend, kinds["weekend"], 1) * np.where(holiday, kinds["holiday"], 1)
    month_days = pd.Series(days).dt.strftime("%m-%d")
    weights[month_days.isin(model["quiet_days"])] *= model["quiet_day"]
    weights[month_days.str.startswith("08")] *= model["august"]
    return weights * kinds["share"].to_numpy() / weights.mean(axis=0)


def _arrivals(
    rng: np.random.Generator, model: dict, counts: np.ndarray, kinds: pd.DataFrame
) -> pd.DataFrame:
    """One row a record, in order of district and then day, with weeks and quarters uneven."""
    length, weights, parts = len(model["days"]), _day_weights(model, kinds), []
    weeks = np.repeat(rng.normal(0, 0.05, (len(counts), length // 7 + 1)), 7, axis=1)
    quarters = np.repeat(rng.normal(0, 0.035, (len(counts), length // 91 + 1)), 91, axis=1)
    daily = _growth(model) * np.exp(weeks[:, :length] + quarters[:, :length])
    for district, blocks in enumerate(counts):
        for block, count in enumerate(blocks):
            span = slice(*model["blocks"][block : block + 2])
            cells = (weights[span] * daily[district, span, None]).ravel()
            drawn = rng.multinomial(count, cells / cells.sum())
            place = np.repeat(np.arange(len(cells), dtype="int32"), drawn)
            day, kind = np.divmod(place, len(kinds))
            part = pd.DataFrame({"day": day + span.start, "kind": kind.astype("int8")})
            parts.append(part.astype({"day": "int32"}).assign(district=np.int8(district)))
    return pd.concat(parts, ignore_index=True)


def _with_children(rng: np.random.Generator, model: dict, records: pd.DataFrame) -> pd.DataFrame:
    """Records with child, age in years and sex; some are of a child met before in the district."""
    count, place = len(records), np.arange(len(records))
    district, day = records["district"].to_numpy(), records["day"].to_numpy()
    pace = (np.bincount(district) / len(model["days"]))[district]
    earlier = place - 1 - (rng.exponential(model["repeat_days"], count) * pace).astype("int64")
    known = rng.random(count) < model["repeated"]
    child = np.where(known & (earlier >= np.searchsorted(district, district)), earlier, place)
    while (child != child[child]).any():  # follow each record back to the child's first
        child = child[child]
    ages = np.array(model["ages"]) / sum(model["ages"])
    age = (rng.choice(len(ages), count, p=ages) + rng.random(count)) * YEAR
    grown = age[child] + day - day[child]
    adult = grown >= len(ages) * YEAR
    child = np.where(adult, place, child)
    years = (np.where(adult, age, grown) // YEAR).astype("int8")
    girl = (rng.random(count) < model["girls"])[child]
    return records.assign(child=child, age=years, girl=girl)


def _levels(
    rng: np.random.Generator, model: dict, records: pd.DataFrame, kinds: pd.DataFrame
) -> np.ndarray:
    """Need levels by kind, higher in deprived districts."""
    depth = model["districts"]["depth"].to_numpy() - 0.5
    tilt = np.exp(0.35 * depth[:, None] * (np.array(LEVELS) - 2.5))
    weights = np.array(kinds["levels"].to_list(), dtype="float64")
    return 1 + chosen(rng, weights[records["kind"]] * tilt[records["district"]])


def chosen(rng: np.random.Generator, weights: np.ndarray) -> np.ndarray:
    """One column number a row, each as likely as its weight in the row."""
    ends = np.cumsum(weights, axis=1)
    drawn = rng.random(len(weights)) * ends[:, -1]
    return (ends <= drawn[:, None]).sum(axis=1).astype("int8")
