"""What each row is about: indicator, area, period and breakdown in their one spelling."""

import re
from collections.abc import Mapping

import numpy as np
import pandas as pd

from ehlib.load.areas import resolve_areas
from ehlib.load.indicators import Indicator
from ehlib.load.periods import CALENDARS, Period, parse_period
from ehlib.load.schema import AREA_TYPES, SEXES, SMALL_AREA_TYPES, VALUE_NOTES
from ehlib.load.sources.coding import Findings, Said, combinations, respelt, spread
from ehlib.load.spellings import is_date

SPACES = re.compile(r"[\s\u00a0\u2000-\u200b\u200e\u202f\u2060\ufeff]+")
FOOTNOTE = re.compile(
    r"(?:\s*(?:\[(?:note )?\w{1,2}\]|\((?:note )?\d{1,2}\)|[*\u2020\u2021\u00b9\u00b2\u00b3"
    r"\u2070-\u2079]+)|(?<=[a-z])\d{1,2})+$",
    re.IGNORECASE,
)
SEX_WORDS = {
    **dict.fromkeys(["person", "all", "all persons", "both", "both sexes", "total"], "persons"),
    **dict.fromkeys(["f", "females", "women"], "female"),
    **dict.fromkeys(["m", "males", "men"], "male"),
}
AGE_WORDS = dict.fromkeys(["all ages", "all age groups", "total"], "all")
UPPER = ("unitary", "county", "district")  # a unitary is listed among either
TYPE_WORDS = {"country": "england", "national": "england", "regional": "region", "la": ""}
CALENDAR_TOLD = "which has no calendar"


def plain(text: str) -> str:
    """Text with every kind of space as one plain space, and none around it."""
    return SPACES.sub(" ", text).strip()


def spell_words(rows: pd.DataFrame, indicators: Mapping[str, Indicator], source: str) -> None:
    """Put every text into its one spelling, and what is usual where nothing is said."""
    spellings = {"sex": _sex, "age": _age, "area_type": _lower, "value_note": _notes}
    for column in rows.columns[rows.dtypes == "category"]:
        rows[column], changed = respelt(rows[column], spellings.get(column, plain))
        if not column.startswith("_"):
            rows["changed"] |= changed
    if (rows["source_id"] == "").any():
        rows["source_id"] = respelt(rows["source_id"], lambda text: text or source)[0]
    for column, usual in (("sex", "persons"), ("age", "all")):
        empty = rows[column] == ""
        if empty.any():
            places, each = combinations(rows, ["indicator_id", column])
            own = [getattr(indicators.get(key), column, usual) for key in each["indicator_id"]]
            rows[column] = spread(each[column].mask(each[column] == "", own), places)


def check_words(rows: pd.DataFrame, findings: Findings) -> None:
    """Words that are not in the vocabulary, and breakdowns half described."""
    known = [note for note in rows["value_note"].cat.categories if _are_notes(note)]
    half = (rows["category"] == "") != (rows["category_type"] == "")
    for column, wrong, wanted in (
        ("sex", ~rows["sex"].isin(SEXES), ""),
        ("value_note", ~rows["value_note"].isin(known), f"one of {', '.join(VALUE_NOTES)}"),
        ("category", half, ""),
    ):
        findings.add(f"{column}_unknown", column, wrong, _cells(rows, column), wanted=wanted)


def find_areas(rows: pd.DataFrame, findings: Findings) -> None:
    """Put in each area's code, name and type of today; code, name and type must not disagree."""
    columns = ["area_code", "area_name", "area_type"]
    places, each = combinations(rows, columns)
    given = each["area_code"].mask(each["area_code"] == "", each["area_name"])
    found = _resolved(given, each["area_name"])
    _check_areas(each.assign(given=given), found, places, findings)
    unknown = found["area_code"].isna()
    changed = np.zeros(len(each), dtype=bool)
    for column in columns:
        new = found[column].where(~unknown, each[column])
        other = (each[column] != "") | (column == "area_code")
        changed |= (~unknown & other & (each[column] != new)).to_numpy()
        rows[column] = spread(new, places)
    rows["changed"] |= changed[places]


def _check_areas(
    each: pd.DataFrame, found: pd.DataFrame, places: np.ndarray, findings: Findings
) -> None:
    """Areas that are not known, are left out, or whose code, name and type disagree."""
    given, problem = each["given"], found["area_problem"]
    unknown = found["area_code"].isna()
    outside, ambiguous = problem.str.startswith("outside"), problem.str.startswith("ambiguous")
    named = _resolved(each["area_name"], each["area_name"])["area_code"]
    council = ~unknown & ~found["area_type"].isin(SMALL_AREA_TYPES)
    differ = council & named.notna() & (named != found["area_code"])
    mixed = ~unknown & _types_disagree(each["area_type"], found["area_type"])
    said = given.where(problem == "unknown", given + ", " + problem.str.partition(": ")[2])
    both = given + ", " + each["area_name"]
    types = each["area_type"] + ", " + given + " is of type " + found["area_type"].fillna("")
    for rule, column, wrong, texts in (
        ("area_unknown", "area_code", unknown & ~outside & ~ambiguous, said),
        ("area_ambiguous", "area_code", ambiguous, said),
        ("area_outside", "area_code", outside, said),
        ("area_disagrees", "area_name", differ, both),
        ("area_type_disagrees", "area_type", mixed, types),
    ):
        findings.add(rule, column, wrong.to_numpy()[places], _text(texts, places))
    findings.silent |= outside.to_numpy()[places]


def find_periods(
    rows: pd.DataFrame, indicators: Mapping[str, Indicator], findings: Findings
) -> None:
    """Put in each period's one label and its days, by the calendar of the indicator."""
    places, each = combinations(rows, ["indicator_id", "_calendar", "period"])
    calendars = [
        indicators[key].calendar if key in indicators else told
        for key, told in zip(each["indicator_id"], each["_calendar"], strict=True)
    ]
    read = [
        _period(label, calendar) for label, calendar in zip(each["period"], calendars, strict=True)
    ]
    wanted = pd.Series([said if isinstance(said, str) else "" for said in read], dtype="str")
    for words in wanted.unique():
        if words in ("", CALENDAR_TOLD):
            continue
        dated = each["period"].map(is_date)
        for rule, of_rule in (("period_is_date", dated), ("period_unknown", ~dated)):
            wrong = ((wanted == words) & of_rule).to_numpy()[places]
            findings.add(rule, "period", wrong, _cells(rows, "period"), wanted=words)
    _check_indicators(rows, (wanted == CALENDAR_TOLD).to_numpy()[places], findings)
    known = [said if isinstance(said, Period) else None for said in read]
    labels = each["period"].mask(
        [said is not None for said in known], [s and s.label for s in known]
    )
    rows["changed"] |= (labels != each["period"]).to_numpy()[places]
    rows["period"] = spread(labels, places)
    for column in ("start", "end"):
        days = pd.to_datetime([getattr(said, column, None) for said in known]).as_unit("s")
        rows[f"period_{column}"] = days.take(places).to_numpy()
    _set_apart(rows, pd.Series([getattr(said, "calendar", "") for said in known]), places)


def _check_indicators(rows: pd.DataFrame, lost: np.ndarray, findings: Findings) -> None:
    """Indicators that nobody knows, and those of a publisher whose calendar nobody knows."""
    named = rows["_name"].to_numpy() != ""
    findings.add("indicator_unknown", "indicator_id", lost & ~named, _cells(rows, "indicator_id"))
    findings.add("calendar_unknown", "period", lost & named, _cells(rows, "period"))


def _set_apart(rows: pd.DataFrame, calendars: pd.Series, places: np.ndarray) -> None:
    """Make figures from April to the end of a quarter a breakdown: they belong in no series."""
    to_date = (calendars == "year_to_date").to_numpy()[places]
    if not to_date.any():
        return
    for column, word in (("category_type", "year to date"), ("category", "year to date")):
        both, each = combinations(rows.assign(to_date=to_date), [column, "to_date"])
        said = (each[column] + ", " + word).str.removeprefix(", ")
        rows[column] = spread(each[column].where(each["to_date"] != "True", said), both)


def _period(label: str, calendar: str) -> Period | str:
    """Period, or in words what was wanted in its place."""
    if calendar not in CALENDARS:
        return CALENDAR_TOLD
    try:
        return parse_period(label, calendar)
    except ValueError as error:
        return str(error).partition("; expected ")[2]


def _resolved(texts: pd.Series, names: pd.Series) -> pd.DataFrame:
    """Areas of codes or names, footnotes behind a name left out where that makes it known."""
    names = names.str.replace(FOOTNOTE, "", regex=True)
    found = resolve_areas(texts, names)
    lost = found["area_problem"] == "unknown"
    bare = texts[lost].str.replace(FOOTNOTE, "", regex=True)
    again = resolve_areas(bare, names[lost])
    found.loc[again.index] = again
    return found


def _types_disagree(said: pd.Series, true: pd.Series) -> pd.Series:
    """Whether a type of area is known and is another than the area's."""
    meant = said.replace(TYPE_WORDS)
    either = (true == "unitary") & meant.isin(UPPER)
    return meant.isin([*AREA_TYPES, *SMALL_AREA_TYPES]) & (meant != true) & ~either


def _cells(rows: pd.DataFrame, column: str) -> Said:
    return lambda places: rows[column].iloc[places].astype("str")


def _text(texts: pd.Series, combined: np.ndarray) -> Said:
    return lambda places: texts.take(combined[places])


def _lower(text: str) -> str:
    return plain(text).lower()


def _sex(text: str) -> str:
    word = _lower(text)
    return SEX_WORDS.get(word, word)


def _age(text: str) -> str:
    word = re.sub(r"(?<=\d)\s*[\u2012-\u2014-]\s*(?=\d)", "-", plain(text))
    word = re.sub(r"(?<=\d) ?(?:yrs?|years?)(?: olds?)?$", "", word, flags=re.IGNORECASE)
    return AGE_WORDS.get(word.lower(), word)


def _notes(text: str) -> str:
    words = [word.strip().replace(" ", "_") for word in _lower(text).split(";")]
    return ";".join(filter(None, words))


def _are_notes(text: str) -> bool:
    return all(word in ("", *VALUE_NOTES) for word in text.split(";"))
