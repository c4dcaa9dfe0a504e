"""Columns of DfE official statistics: which describe a row, which break it down, which measure."""

import re
from dataclasses import dataclass

import pandas as pd

DESCRIBES = {  # columns that say where and when, and nothing more
    "time_period",
    "time_identifier",
    "geographic_level",
    "old_la_code",
    "new_la_code",
    "la_name",
    "lad_name",
    "version",
    "absence_terms",
}
PLACES = re.compile(
    r"(?:country|region|lad|lsip|pcon|ward|rsc_region|opportunity_area|mat|trust|school|"
    r"english_devolved_area|local_authority|provider|institution|sponsor|planning_area|police_"
    r"force_area|msoa|lsoa)_(?:code|name|id|urn|laestab|ukprn)(?:_\w+)?|time_frame|location_id",
    re.IGNORECASE,
)
TOPICS = ("population_type", "age_group")  # their words say what the figures of a row measure
SEX = ("sex", "gender", "characteristic_sex")
AGE = ("age",)
ALL = re.compile(r"total|all(?:\s+\w+)?|all characteristics|state-funded schools total", re.I)
# A cell of a measure: a number, or one of the symbols that stand for one.
FIGURE = re.compile(r"-?[\d,]*\.?\d+%?|[a-z]|low|\[[a-z]+\]|\.\.|[-:*~]", re.IGNORECASE)
STEMS = {  # columns that tell which table a file is, where names of measures alone do not
    "Episodes_with_assessment_factor": "factor",
    "inpost_fte": "workforce",
    "CPP_At31": "plans",
    "lad_code_pupil": "by district of the pupil",
    "t_sess_possible": "absence",
    "t_rwm_eligible_pupils": "key stage 2",
    "t_att8": "key stage 4",
}
COUNTED = {  # shares and rates with the counts they are made of; a count is its own numerator
    "At31_episodes": ("At31_episodes", ""),
    "population_estimate": ("population_estimate", ""),
    "rereferral_percent": ("rereferral_count", "referral_count"),
    "no_further_action_percent": ("no_further_action_count", "referral_count"),
    "not_in_need_percent": ("not_in_need_count", "referral_count"),
    "rereferral_child_percent": ("rereferral_child_count", "referral_child_count"),
    "CPP_subsequent_percent": ("CPP_subsequent", "CPP_start"),
    "rate_per_10000": ("children_count", "population_estimate"),
    "gld_percent": ("gld_number", "all_pupils"),
    "elg_percent": ("elg_number", "all_pupils"),
    "NEET_percent": ("", "Cohort_DJFavg"),
    "NEET_not_known_percent": ("", "Cohort_DJFavg"),
    "Notknown_percent": ("", "Cohort_DJFavg"),
    "pt_overall": ("t_sess_overall", "t_sess_possible"),
    "pt_pupils_pa_10_exact": ("t_pupils_pa_10_exact", "t_pupils"),
    "pt_pupils_pa_50_exact": ("t_pupils_pa_50_exact", "t_pupils"),
    "pt_l2basics_94": ("t_l2basics_94", "t_pupils"),
    "pt_l2basics_95": ("t_l2basics_95", "t_pupils"),
    "pt_ebacc_e_ptq_ee": ("t_ebacc_e_ptq_ee", "t_pupils"),
}
# The same by rule: pt_mat_met_expected_standard has t_mat_met_... and t_mat_eligible_pupils.
RULES = (
    (r"pt_(sess_\w+)", r"t_\1", "t_sess_possible"),
    (r"pt_(\w+)_met_expected_standard", r"t_\1_met_expected_standard", r"t_\1_eligible_pupils"),
    (r"((?:\d|more)\w+)_percent", r"\1", "CPP_At31"),
)
LIMITS = (("{}_lower_CI", "{}_upper_CI"), ("{}_lci", "{}_uci"), ("{}_CI_low", "{}_CI_upp"))
WHOLES = ("referral_count", "referral_child_count", "CPP_start", "CPP_At31", "all_pupils")
WHOLES += ("Cohort_DJFavg", "t_pupils")  # wholes of shares that are worth a figure of their own
UNITS = (
    (r"percent|^pt_|(?:^|_)pc(?:_|$)|rate_fte$|rate_headcount$", "%"),
    (r"per_?10_?000", "per 10,000"),
    (r"per_?100_?000", "per 100,000"),
    (r"count|number|^t_|headcount|_fte$|estimate|pupils", "number"),
    (r"average|avg|score|points", "score"),
)


@dataclass(frozen=True)
class Measure:
    """One measure of a file: the columns that hold its figures, empty where it has none."""

    value: str
    numerator: str = ""
    denominator: str = ""
    lower_ci: str = ""
    upper_ci: str = ""

    @property
    def unit(self) -> str:
        """Unit as the name of the column tells it, or nothing."""
        return next((unit for part, unit in UNITS if re.search(part, self.value, re.I)), "")


def find_measures(cells: pd.DataFrame) -> list[Measure]:
    """Measures of a file: each share with its counts and limits, then every other figure.

    Parameters
    ----------
    cells : DataFrame of text
        Columns as published. A column measures where at least half of its filled cells hold a
        number or a symbol that stands for one.
    """
    columns = [name for name in cells.columns if _figures(name, cells[name])]
    measures = [_measure(name, columns) for name in columns]
    parts = {part for each in measures for part in _parts(each) if part != each.value}
    parts -= set(WHOLES)
    return [each for each in measures if each.value not in parts]


def find_breakdowns(cells: pd.DataFrame, measures: list[Measure]) -> list[str]:
    """Columns that break figures down: neither place, time, sex, age nor measure."""
    measured = {part for each in measures for part in (each.value, *_parts(each))}
    plain = DESCRIBES | measured | {*TOPICS, *SEX, *AGE}
    return [
        name
        for name in cells.columns
        if name not in plain
        and name.casefold() not in plain
        and not PLACES.fullmatch(name)
        # A lone `category` that never changes is the title of the table.
        and not (name == "category" and (cells[name] == cells[name].iloc[0]).all())
        and (cells[name] != "").any()
    ]


def name_table(cells: pd.DataFrame) -> str:
    """Word that sets measures of a table apart from those of others; often none is needed."""
    return next((stem for column, stem in STEMS.items() if column in cells.columns), "")


def is_whole(words: pd.Series) -> pd.Series:
    """Whether words of a breakdown stand for all: `Total`, `All pupils`."""
    return words.str.fullmatch(ALL) | (words == "")


def _figures(name: str, cells: pd.Series) -> bool:
    named = name.casefold()
    if named in DESCRIBES or named in (*TOPICS, *SEX, *AGE) or PLACES.fullmatch(name):
        return False
    filled = cells[cells != ""]
    return len(filled) > 0 and filled.str.fullmatch(FIGURE).mean() >= 0.5


def _measure(name: str, columns: list[str]) -> Measure:
    """A column with the counts and limits that belong to it, as far as the file has them."""
    counts = COUNTED.get(name) or ("", "")
    for pattern, numerator, denominator in RULES:
        if re.fullmatch(pattern, name):
            counts = tuple(re.sub(pattern, part, name) for part in (numerator, denominator))
    stem = name.removeprefix("avg_")
    limits = [tuple(part.format(each) for part in pair) for each in (name, stem) for pair in LIMITS]
    both = next((pair for pair in limits if set(pair) <= set(columns)), ("", ""))
    if not {part for part in counts if part} <= set(columns):
        counts = ("", "")
    return Measure(name, *counts, *both)


def _parts(measure: Measure) -> tuple[str, ...]:
    parts = (measure.numerator, measure.denominator, measure.lower_ci, measure.upper_ci)
    return tuple(part for part in parts if part)
