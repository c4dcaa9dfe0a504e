"""What a profile says first: where a place stands out, among whom, and which way it goes."""

import pandas as pd

from ehlib.measure.compare import NOT_COMPARED
from ehlib.show.board.words import list_names
from ehlib.show.profiles.standing import BESIDE, BETTER_WORSE, MOST, WAYS
from ehlib.show.sentences import count_words, in_sentence, short_label


def profile_findings(rows: pd.DataFrame, standing: pd.DataFrame, name: str, kind: str) -> list[str]:
    """Worse and better than England, or not clearly so, and the place among its comparators.

    Parameters
    ----------
    rows : DataFrame
        Spine rows, compared with England.
    standing : DataFrame
        From `add_ranks`, with names.
    name, kind : str
        The place, and whether it is a district, a locality or the county.
    """
    said = [_stands_out(rows, name, word) for word in BETTER_WORSE]
    if len(rows) and not any(said):
        alike = rows["comparison"].eq("similar").any()
        none = f"{name} is not clearly better or worse than England on any indicator shown."
        said = _alike(rows, name) if alike else [none]
    return [*filter(None, [*said, _extreme(standing, name, kind)])]


def _stands_out(rows: pd.DataFrame, name: str, word: str) -> str:
    """On which indicators a place is worse, or better, than England, with the figures."""
    found = rows[rows["comparison"] == word].copy()
    if found.empty:
        return ""
    found = found.assign(far=found["position"].abs().fillna(0)).sort_values("far", ascending=False)
    told = [
        f"{in_sentence(row.short_name)} ({row.text} against {row.england_unit} in "
        f"{short_label(row.period)})"
        for row in found.head(MOST).itertuples()
    ]
    rest = len(found) - len(told)
    more = f", and {count_words(rest, 'more indicator')}" if rest else ""
    return f"{name} is {word} than England on {list_names(told)}{more}."


def _extreme(standing: pd.DataFrame, name: str, kind: str) -> str:
    """On which indicators a place has the highest or the lowest figure of all its fellows."""
    known = standing.dropna(subset="rank")
    tops = known[known["value"] > known["highest"]]
    lows = known[known["value"] < known["lowest"]]
    told = []
    for words, found in (("highest", tops), ("lowest", lows)):
        if len(found):
            names = list_names([in_sentence(each) for each in found["short_name"].head(MOST)])
            told.append(f"the {words} figure on {names}")
    if len(known) and not told:
        ends = "neither the highest nor the lowest figure"
        return f"Beside {BESIDE[kind]}, {name} has {ends} on {_any_of(len(known))}."
    return f"Beside {BESIDE[kind]}, {name} has {', and '.join(told)}." if told else ""


def _any_of(indicators: int) -> str:
    return "the 1 indicator ranked" if indicators == 1 else f"any of {indicators} indicators ranked"


def unclear_findings(rows: pd.DataFrame, standing: pd.DataFrame, name: str) -> list[str]:
    """Where a place that stands out does not differ from England, and what cannot be compared.

    Parameters
    ----------
    rows : DataFrame
        Spine rows, compared with England.
    standing : DataFrame
        From `add_ranks`, with names.
    name : str
        The place.
    """
    judged = rows.loc[rows["comparison"] != NOT_COMPARED, "indicator_id"]
    bare = standing.loc[~standing["indicator_id"].isin(judged), "short_name"]
    said = _alike(rows, name) if rows["comparison"].isin(BETTER_WORSE).any() else []
    if len(bare):
        why = "since limits or England's figure are not held"
        said.append(f"Not compared with England, {why}: {_some(bare)}.")
    return said


def _alike(rows: pd.DataFrame, name: str) -> list[str]:
    """On which indicators a place does not clearly differ from England, as one sentence."""
    names = rows.loc[rows["comparison"] == "similar", "short_name"]
    told = f"{name} is not clearly different from England on "
    return [f"{told}{_some(names)}."] if len(names) else []


def _some(names: pd.Series) -> str:
    """Names in a row, and how many more there are than a sentence bears."""
    told = [in_sentence(each) for each in names.head(MOST)]
    rest = len(names) - len(told)
    return list_names([*told, count_words(rest, "more indicator")] if rest else told)


def trend_findings(standing: pd.DataFrame, moves: pd.DataFrame, name: str) -> list[str]:
    """Which indicators have been getting better or worse over five years, as one sentence."""
    told = []
    for way in ("getting better", "getting worse"):
        ids = moves.loc[moves["judged"] == way, "indicator_id"]
        names = standing.loc[standing["indicator_id"].isin(ids), "short_name"]
        if len(names):
            told.append(f"{way} on {list_names([in_sentence(each) for each in names])}")
    if told:
        return [f"Over the latest five years {name} has been {', and '.join(told)}."]
    flat = moves.loc[moves["trend"] == WAYS["no_change"], "indicator_id"]
    names = standing.loc[standing["indicator_id"].isin(flat), "short_name"]
    trend = f"Over the latest five years {name} shows no clear trend on "
    return [f"{trend}{_some(names)}."] if len(names) else []
