"""How long early help lasts: Kaplan and Meier's estimate from episodes by week of their end."""

import math
import re

from anew.counted import Z
from anew.known import Known, UnknownIdError

WEEK = re.compile(r"(?:(?P<level>.+)-)?weeks?-(?:(?P<first>\d+)-to-)?(?P<week>\d+)")
HALF_A_YEAR = 26
Step = tuple[float, float, float, float, float]  # last week, weeks in it, share open, its limits


def episodes(key: str, known: Known) -> list[float]:
    """All episodes that were followed."""
    return [sum(left for *_, left in _weeks(key, known))]


def median_weeks(key: str, known: Known) -> list[float]:
    """Weeks until half have closed, with limits (Brookmeyer and Crowley, 1982)."""
    steps = curve(key, known)
    return [_half(steps, place) for place in (2, 3, 4)]


def closed_within(key: str, known: Known) -> list[float]:
    """Per cent closed by half a year, with limits."""
    *_, share, low, high = [step for step in curve(key, known) if step[0] <= HALF_A_YEAR][-1]
    return [100 * (1 - each) for each in (share, high, low)]


def share_closed(key: str, known: Known) -> list[float]:
    """Per cent closed by the week that the key names, of the level that it names."""
    whole, _, part = key.partition(".closed_by.")
    named = WEEK.fullmatch(part)
    if not named:
        raise UnknownIdError(f"no week is named by {key!r}")
    level = "" if named["level"] == "all" else f".need_level.{named['level']}"
    steps = curve(whole + level, known)
    return [100 * (1 - [step for step in steps if step[0] <= int(named["week"])][-1][2])]


def curve(key: str, known: Known) -> list[Step]:
    """Share still open after each week or band, with Greenwood's limits on the log(-log) scale.

    In a band those still open left one after another (Cutler and Ederer, 1958).
    """
    steps, share, spread = [], 1.0, 0.0
    weeks = _weeks(key, known)
    followed = sum(left for *_, left in weeks)
    for last, width, closed, left in weeks:
        at_risk = followed - (left - closed) * (width - 1) / (2 * width)
        share *= 1 - closed / at_risk
        low = high = math.nan
        if 0 < share < 1:
            spread += closed / at_risk / (at_risk - closed)
            half = Z * math.sqrt(spread) / abs(math.log(share))
            low, high = share ** math.exp(half), share ** math.exp(-half)
        steps.append((last, width, share, low, high))
        followed -= left
    return steps


def _weeks(key: str, known: Known) -> list[tuple[float, ...]]:
    """Last week, number of weeks, episodes closed and episodes no longer followed, in order."""
    whole, _, level = key.partition(".need_level.")
    kind = ".level_and_week." if level else ".week."
    found = []
    for each, row in known.rows.items():
        named = WEEK.fullmatch(each.removeprefix(whole + kind))
        if each.startswith(whole + kind) and (named["level"] or "") == level:
            last = float(named["week"])
            width = last - float(named["first"] or last) + 1
            if row["denominator"] > 0:
                found.append((last, width, row["numerator"], row["denominator"]))
    if not found:
        raise UnknownIdError(f"no weeks that may be shown have the key {key!r}")
    return sorted(found)


def _half(steps: list[Step], place: int) -> float:
    """First whole week by which a share, or a limit of it, has come down to a half."""
    before = 1.0
    for last, width, *shares in steps:
        share = 0.0 if shares[0] == 0 else shares[place - 2]
        if share <= 0.5:
            part = (before - 0.5) / (before - share) * width
            return last - width + math.ceil(part - 1e-9)
        before = 1.0 if math.isnan(share) else share
    return math.nan
