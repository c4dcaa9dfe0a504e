"""Typed figures: all of the page and nothing else, as published, each with its source."""

import hashlib
import re
import tomllib
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ehlib.load.periods import parse_period
from ehlib.load.schema import COLUMNS, DATES, KEY, NUMBERS, SEXES, VALUE_NOTES

ROOT = Path(__file__).resolve().parents[1]
PUBLISHED = ROOT / "data" / "raw" / "published"
SHARED = ROOT.parent / "shared"
PAGE = SHARED / "published_figures.md"
DATA = SHARED / "data"
DISTRICTS = {
    "Ashfield": "E07000170",
    "Bassetlaw": "E07000171",
    "Broxtowe": "E07000172",
    "Gedling": "E07000173",
    "Mansfield": "E07000174",
    "Newark and Sherwood": "E07000175",
    "Rushcliffe": "E07000176",
}
OTHERS = {
    "Nottingham": ("E06000018", "unitary"),
    "Nottinghamshire": ("E10000024", "county"),
    "East Midlands": ("E12000004", "region"),
    "England": ("E92000001", "england"),
}
AREAS = {name: (code, "district") for name, code in DISTRICTS.items()} | OTHERS
FILES = {  # file, its indicators, and the calendar of their periods
    "under18_conceptions.csv": {"under18_conceptions": "calendar_year"},
    "under16_conceptions.csv": {"under16_conceptions": "three_calendar_years"},
    "injury_admissions_0_14.csv": {"injury_admissions_0_14": "financial_year"},
    "eyfs_good_development.csv": {"eyfs_good_development": "academic_year"},
    "low_income.csv": {
        "children_relative_low_income": "financial_year",
        "children_relative_low_income_percent": "financial_year",
    },
    "excess_weight.csv": {
        "excess_weight_reception": "academic_year",
        "excess_weight_year6": "academic_year",
    },
    "social_care.csv": dict.fromkeys(
        [
            "rereferrals",
            "referrals_rate",
            "child_protection_plan_rate",
            "child_protection_repeat",
            "children_in_need",
            "looked_after_children",
        ],
        "financial_year",
    ),
    "neet.csv": dict.fromkeys(["neet_16_17", "neet_or_not_known_16_17"], "calendar_year"),
    "first_time_entrants.csv": {"first_time_entrants": "calendar_year"},
    "breastfeeding.csv": {"breastfeeding_6_8_weeks": "financial_year"},
    "deprivation.csv": dict.fromkeys(["imd_average_score", "idaci_average_score"], "release"),
    "population_0_17.csv": {"population_0_17": "mid_year"},
    "disability.csv": dict.fromkeys(
        ["children_long_term_illness", "disability_living_allowance_0_17"], "calendar_year"
    ),
}
PLACE = ["area_name", "period"]
SOURCE_FIELDS = ["id", "file", "publisher", "title", "edition", "period", "licence", "retrieved"]
SOURCE_FIELDS += ["indicators", "checked", "notes", "sha256"]
needs_page = pytest.mark.skipif(not PAGE.is_file(), reason="the page of figures is not here")
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the publishers' files are not here")


def _file(name: str) -> pd.DataFrame:
    cells = pd.read_csv(PUBLISHED / name, dtype="str", keep_default_na=False)
    numbers = cells[NUMBERS].apply(lambda column: pd.to_numeric(column.replace("", np.nan)))
    return cells.assign(**numbers.astype("float64"))


@cache
def _all() -> pd.DataFrame:
    return pd.concat([_file(name) for name in FILES], ignore_index=True)


def _figures(indicator_id: str) -> pd.DataFrame:
    observations = _all()
    return observations[observations["indicator_id"] == indicator_id].reset_index(drop=True)


def _sources() -> list[dict]:
    return tomllib.loads((PUBLISHED / "sources.toml").read_text(encoding="utf-8"))["source"]


def _tables(section: int) -> list[pd.DataFrame]:
    """Tables of one section of the page, all text."""
    text = PAGE.read_text(encoding="utf-8")
    body = re.search(rf"^## {section}\..*?(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)[0]
    tables = []
    for lines in re.findall(r"(?:^\|.*\|[ ]*$\n?)+", body, re.MULTILINE):
        header, _, *rows = [
            [cell.strip() for cell in line.strip()[1:-1].split("|")] for line in lines.splitlines()
        ]
        tables.append(pd.DataFrame(rows, columns=header))
    return tables


def _long(table: pd.DataFrame, column: str = "value") -> pd.DataFrame:
    """Table with an area a column as one row an area and period."""
    period = table.columns[0]
    names = [name for name in table.columns if name in AREAS]
    long = table.melt([period], names, "area_name", column)
    return long.rename(columns={period: "period"})


def _financial(years: pd.Series) -> pd.Series:
    """Year that ends on 31 March of the year given."""
    ends = years.astype("int64")
    return (ends - 1).astype("str") + "/" + (ends % 100).map("{:02d}".format)


def _assert_same(typed: pd.DataFrame, wanted: pd.DataFrame, tolerance: float = 1e-9) -> None:
    """Same areas and periods, and the same figures in every number column that is wanted."""
    numbers = [column for column in NUMBERS if column in wanted]
    places = [column for column in ("area_code", "area_name", "period") if column in wanted]
    both = typed.merge(
        wanted, on=places, how="outer", validate="1:1", suffixes=("", "_wanted"), indicator=True
    )
    assert (both["_merge"] == "both").all(), both[both["_merge"] != "both"][[*places, "_merge"]]
    assert len(both) > 0
    for column in numbers:
        found = both[column].to_numpy("float64")
        expected = pd.to_numeric(both[f"{column}_wanted"].replace(["", "-"], np.nan))
        np.testing.assert_allclose(
            found, expected.to_numpy("float64"), rtol=0, atol=tolerance, err_msg=column
        )


# What the files are


@pytest.mark.parametrize("name", FILES)
def test_a_file_has_the_agreed_columns_and_line_ends(name):
    content = (PUBLISHED / name).read_bytes()
    assert content.decode("utf-8").splitlines()[0].split(",") == [
        column for column in COLUMNS if column not in DATES
    ]
    assert content.endswith(b"\n")
    assert not content.startswith(b"\xef\xbb\xbf")
    assert b'"' not in content


def test_only_the_named_files_are_there():
    names = {path.name for path in PUBLISHED.iterdir()}
    assert names == {*FILES, "sources.toml"}


@pytest.mark.parametrize("name", FILES)
def test_indicators_and_periods_belong_to_the_file(name):
    observations = _file(name)
    assert set(observations["indicator_id"]) == set(FILES[name])
    for indicator_id, label in observations[["indicator_id", "period"]].itertuples(index=False):
        assert parse_period(label, FILES[name][indicator_id]).label == label


def test_keys_are_unique_over_all_files():
    repeated = _all().duplicated(KEY, keep=False)
    assert not repeated.any()


def test_codes_names_and_types_of_areas_go_together():
    areas = _all()[["area_name", "area_code", "area_type"]].drop_duplicates()
    found = {name: (code, kind) for name, code, kind in areas.itertuples(index=False)}
    assert len(areas) == len(found)
    assert found == AREAS


def test_words_are_of_the_vocabulary():
    observations = _all()
    notes = observations["value_note"].str.split(";").explode()
    assert set(notes) <= {"", *VALUE_NOTES}
    assert set(observations["sex"]) <= set(SEXES)
    assert (observations["age"] != "").all()
    conceptions = observations["indicator_id"].str.contains("conceptions")
    assert (observations["sex"].eq("female") == conceptions).all()


def test_counts_are_whole_and_no_limit_is_below_zero():
    counts = _all()[["numerator", "denominator"]].melt()["value"].dropna()
    assert (counts >= 0).all()
    assert (counts % 1 == 0).all()
    assert not (_all()[["lower_ci", "upper_ci"]] < 0).any(axis=None)


def test_a_row_without_any_figure_says_why():
    observations = _all()
    empty = observations[NUMBERS].isna().all(axis=1)
    assert (observations.loc[empty, "value_note"] == "not_available").all()
    assert (observations.loc[~empty, "value_note"] != "not_available").all()
    assert empty.sum() == 5  # one injury year, four dashes in breastfeeding


# Figures that need no other file to be checked


@pytest.mark.parametrize(
    ("indicator_id", "area_name", "period", "column", "figure"),
    [
        ("under18_conceptions", "Ashfield", "2011", "value", 44.1),
        ("under18_conceptions", "Mansfield", "2011", "value", 44.5),
        ("under18_conceptions", "England", "2011", "value", 30.7),
        ("under18_conceptions", "Nottinghamshire", "2011", "value", 31.9),
        ("under18_conceptions", "Nottinghamshire", "1998", "numerator", 614),
        ("under18_conceptions", "Nottinghamshire", "2022", "value", 16.0),
        ("under16_conceptions", "Ashfield", "2010 to 2012", "value", 10.2),
        ("injury_admissions_0_14", "Nottinghamshire", "2013/14", "numerator", 1200),
        ("injury_admissions_0_14", "England", "2023/24", "upper_ci", 73.24423),
        ("eyfs_good_development", "Rushcliffe", "2013/14", "value", 71),
        ("children_relative_low_income", "Ashfield", "2021/22", "numerator", 8238),
        ("children_relative_low_income_percent", "Ashfield", "2021/22", "value", 22.9),
        ("excess_weight_year6", "Mansfield", "2012/13", "value", 30.8),
        ("child_protection_plan_rate", "Nottinghamshire", "2012/13", "numerator", 786),
        ("child_protection_plan_rate", "Nottinghamshire", "2012/13", "denominator", 161643),
        ("referrals_rate", "England", "2024/25", "value", 519.4),
        ("neet_16_17", "Nottinghamshire", "2018", "value", 1.4345),
        ("first_time_entrants", "East Midlands", "2016", "value", 307),
        ("breastfeeding_6_8_weeks", "England", "2023/24", "value", 52.71),
        ("imd_average_score", "Mansfield", "2019", "value", 28.503),
        ("population_0_17", "Nottinghamshire", "2013", "value", 161645),
    ],
)
def test_a_known_figure_is_there(indicator_id, area_name, period, column, figure):
    figures = _figures(indicator_id)
    row = figures[(figures["area_name"] == area_name) & (figures["period"] == period)]
    assert row[column].tolist() == [figure]


def test_district_conceptions_sum_to_the_county_in_all_twenty_years():
    figures = _figures("under18_conceptions")
    figures = figures[figures["period"].astype("int64") <= 2017]
    districts = figures[figures["area_type"] == "district"]
    sums = districts.groupby("period")["numerator"].sum(min_count=7)
    county = figures[figures["area_type"] == "county"].set_index("period")["numerator"]
    assert len(county) == 20
    assert (sums - county).tolist() == [0] * 20


def test_unreliable_rates_are_those_of_3_to_19_events():
    figures = _figures("under18_conceptions")
    flagged = figures[figures["value_note"].str.contains("unreliable")]
    assert set(flagged[PLACE].agg(" ".join, axis=1)) == {
        "Rushcliffe 2015",
        "Rushcliffe 2017",
        "Broxtowe 2017",
    }
    assert flagged["numerator"].between(3, 19).all()


def test_every_conception_denominator_is_labelled_and_gives_the_rate():
    figures = _figures("under18_conceptions")
    known = figures["denominator"].notna()
    labelled = figures["value_note"].str.contains("derived|inferred")
    assert (known == labelled).all()
    rates = 1000 * figures["numerator"] / figures["denominator"]
    decimals = figures["value_note"].str.contains("inferred").map({True: 6, False: 1})
    off = (rates - figures["value"]).abs() - 0.5 * 10.0**-decimals
    assert (off[known] < 1e-9).all()
    years = figures["period"].astype("int64")
    assert years[figures["value_note"].str.contains("derived")].isin([2015, 2016, 2017]).all()
    assert years[figures["value_note"] == "inferred"].isin([2018, 2019, 2020]).all()


@pytest.mark.parametrize("year", ["2018", "2020"])
def test_inferred_conceptions_of_the_districts_give_the_published_county_rate(year):
    figures = _figures("under18_conceptions")
    figures = figures[figures["period"] == year]
    districts = figures[figures["area_type"] == "district"]
    rate = 1000 * districts["numerator"].sum() / districts["denominator"].sum()
    county = figures.loc[figures["area_type"] == "county", "value"].item()
    assert round(rate, 1) == county


def test_no_count_is_given_where_the_fraction_is_not_unique():
    figures = _figures("under18_conceptions")
    newark = figures[(figures["area_code"] == "E07000175") & (figures["period"] == "2019")]
    assert newark["value"].tolist() == [16.806723]
    assert newark[["numerator", "denominator"]].isna().all(axis=None)
    assert newark["value_note"].tolist() == [""]


def test_percentages_of_good_development_are_those_of_the_counts():
    figures = _figures("eyfs_good_development")
    percent = 100 * figures["numerator"] / figures["denominator"]
    assert ((percent - figures["value"]).abs() <= 0.5).all()


def test_the_withheld_injury_year_is_a_row_without_figures():
    figures = _figures("injury_admissions_0_14")
    withheld = figures[figures["value_note"] != ""]
    assert withheld[PLACE].to_numpy().tolist() == [["Nottinghamshire", "2016/17"]]
    assert withheld[NUMBERS].isna().all(axis=None)


def test_the_provisional_low_income_year_is_labelled():
    figures = _figures("children_relative_low_income")
    provisional = figures["value_note"] == "provisional"
    assert (provisional == figures["period"].eq("2021/22")).all()
    assert (figures["numerator"] == figures["value"]).all()


def test_social_care_rates_use_the_population_of_the_previous_middle_of_year():
    county = _figures("population_0_17").query("area_type == 'county'")
    population = county.set_index("period")["value"]
    indicators = ("child_protection_plan_rate", "referrals_rate", "looked_after_children")
    for indicator_id in indicators:
        figures = _figures(indicator_id).query("area_type == 'county'")
        previous_year = figures["period"].str[:4]
        assert figures["denominator"].tolist() == population[previous_year].tolist()


def test_social_care_rates_follow_from_the_counts():
    for indicator_id in ("child_protection_plan_rate", "referrals_rate"):
        figures = _figures(indicator_id).query("area_type == 'county'")
        rates = 10_000 * figures["numerator"] / figures["denominator"]
        published = figures["value"].notna()
        assert published.sum() == 10
        assert ((rates - figures["value"])[published].abs() <= 0.0501).all()
        assert (published == (figures["value_note"] == "")).all()
        assert set(figures["value_note"]) == {"", "derived"}


def test_rereferral_percentages_follow_from_the_counts():
    figures = _figures("rereferrals")
    percent = 100 * figures["numerator"] / figures["denominator"]
    assert ((percent - figures["value"]).abs() <= 0.0501).all()


def test_first_time_entrants_have_no_england_row():
    assert set(_figures("first_time_entrants")["area_type"]) == {"county", "region"}


def test_derived_district_populations_are_the_county_by_the_shares_of_2017():
    figures = _figures("population_0_17")
    districts = figures[figures["area_type"] == "district"]
    county = figures[figures["area_type"] == "county"].set_index("period")["value"]
    shares = districts[districts["period"] == "2017"].set_index("area_code")["value"]
    shares = shares / shares.sum()
    derived = districts[districts["value_note"] == "derived"]
    assert set(derived["period"]) == {"2012", "2013", "2014"}
    assert set(figures.loc[figures["value_note"] != "", "area_type"]) == {"district"}
    for year, part in derived.groupby("period"):
        exact = shares * county[year]
        typed = part.set_index("area_code")["value"]
        by_remainder = (exact % 1).sort_values(ascending=False).index
        extra = int(county[year] - np.floor(exact).sum())
        wanted = np.floor(exact).add(pd.Series(1, by_remainder[:extra]), fill_value=0)
        assert typed.sum() == county[year]
        assert typed.to_dict() == wanted.to_dict()


# Where the figures come from


def test_every_source_has_all_fields():
    for source in _sources():
        assert list(source) == SOURCE_FIELDS, source["id"]
        assert all(source.values()), source["id"]
        assert source["licence"] == "Open Government Licence v3.0"
        assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", source["retrieved"])


def test_every_row_names_a_source_of_its_file_and_indicator():
    listed = {
        (source["id"], source["file"], indicator_id)
        for source in _sources()
        for indicator_id in source["indicators"]
    }
    used = set()
    for name in FILES:
        pairs = _file(name)[["source_id", "indicator_id"]].drop_duplicates()
        used |= {(source, name, each) for source, each in pairs.itertuples(index=False)}
    assert used == listed
    assert len({source["id"] for source in _sources()}) == len(_sources())


def test_checksums_are_those_of_the_files():
    for source in _sources():
        content = (PUBLISHED / source["file"]).read_bytes().replace(b"\r\n", b"\n")
        assert hashlib.sha256(content).hexdigest() == source["sha256"], source["id"]


def test_derived_and_inferred_rows_are_explained_by_their_source():
    notes = {source["id"]: " ".join(map(str, source.values())) for source in _sources()}
    observations = _all()
    for word in ("derived", "inferred", "unreliable", "provisional", "not_available"):
        marked = observations[observations["value_note"].str.contains(word)]
        assert len(marked) > 0
        for source_id in marked["source_id"].unique():
            assert word in notes[source_id].lower(), (source_id, word)


def test_no_machine_path_is_in_the_files():
    for path in PUBLISHED.iterdir():
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"/(work|tmp|root|home)/|\.\./|[A-Z]:\\", text), path.name


# Against the page: every figure, and nothing that is not on it


@needs_page
def test_under_18_conceptions_are_those_of_the_page():
    counts = _long(_tables(1)[0], "numerator")
    wanted = counts.merge(_long(_tables(2)[0]), on=PLACE, how="inner", validate="1:1")
    flagged = wanted["value"].str.endswith("u")
    wanted["value"] = wanted["value"].str.removesuffix("u")
    typed = _figures("under18_conceptions")
    typed = typed[typed["source_id"] == "ons-conceptions-2017-table-6"]
    _assert_same(typed, wanted)
    notes = typed.set_index(PLACE)["value_note"].str.contains("unreliable")
    assert set(notes[notes].index) == set(wanted[flagged].set_index(PLACE).index)


@needs_page
def test_conception_denominators_are_those_of_the_page():
    table = _tables(3)[0].rename(
        columns={
            "year": "period",
            "conceptions": "numerator",
            "females_15_17": "denominator",
            "rate_per_1000": "value",
        }
    )
    typed = _figures("under18_conceptions")
    early = table["period"] <= "2017"
    derived = typed[typed["value_note"].str.contains("derived")]
    _assert_same(derived, table[early].drop(columns="value"))
    later = typed[typed["source_id"] == "ons-health-index-2021"]
    _assert_same(later, table[~early])
    kinds = table[~early].set_index(PLACE)["kind"].map({"INFERRED": "inferred", "not unique": ""})
    assert later.set_index(PLACE)["value_note"].to_dict() == kinds.to_dict()
    assert (table.loc[early, "kind"] == "DERIVED").all()


@needs_page
def test_later_conception_rates_are_those_of_the_page():
    table = _long(_tables(4)[0])
    typed = _figures("under18_conceptions")
    later = table["period"] > "2017"
    _assert_same(typed[typed["source_id"] == "dfe-lait-under18-conceptions"], table[later])
    agreed = typed.merge(table[~later], on=PLACE, how="inner", validate="1:1")
    assert len(agreed) == 6
    assert (agreed["value_x"] == pd.to_numeric(agreed["value_y"])).all()


@needs_page
def test_under_16_conceptions_are_those_of_the_page():
    table = _long(_tables(5)[0], "both")
    wanted = table["both"].str.extract(r"^(?P<numerator>\d+) \((?P<value>[\d.]+)\)$")
    _assert_same(_figures("under16_conceptions"), table.join(wanted))


@needs_page
def test_injury_admissions_are_those_of_the_page():
    names = ["Nottinghamshire", "East Midlands", "England"]
    tables = [table.assign(area_name=name) for name, table in zip(names, _tables(6), strict=True)]
    wanted = pd.concat(tables).rename(
        columns={
            "Time period": "period",
            "Count": "numerator",
            "Denominator": "denominator",
            "Value": "value",
            "Lower CI 95.0 limit": "lower_ci",
            "Upper CI 95.0 limit": "upper_ci",
        }
    )
    limits = wanted[["lower_ci", "upper_ci"]].replace("-1.0", "")
    _assert_same(_figures("injury_admissions_0_14"), wanted.assign(**limits))


@needs_page
def test_good_development_is_that_of_the_page():
    table = _long(_tables(8)[0], "all")
    table["period"] = table["period"].str[:4] + "/" + table["period"].str[4:]
    pattern = r"^(?P<numerator>\d+)/(?P<denominator>\d+) = (?P<value>\d+)%$"
    _assert_same(_figures("eyfs_good_development"), table.join(table["all"].str.extract(pattern)))


@needs_page
def test_deprivation_scores_are_those_of_the_page():
    early, late = _tables(9)
    early = early.rename(columns={early.columns[0]: "area_name"}).assign(period="2019")
    late = late.rename(columns={"ltla24_name": "area_name", "imd_average_score": "value"})
    first = early.rename(columns={"IMD - Average score": "value"})[[*PLACE, "value"]]
    imd = pd.concat([first, late.assign(period="2025")[[*PLACE, "value"]]])
    _assert_same(_figures("imd_average_score"), imd)
    idaci = early.rename(columns={"IDACI - Average score": "value"})[[*PLACE, "value"]]
    _assert_same(_figures("idaci_average_score"), idaci)


@needs_page
def test_low_income_figures_are_those_of_the_page():
    numbers, percent = (_long(table) for table in _tables(10))
    _assert_same(_figures("children_relative_low_income"), numbers.assign(numerator=numbers.value))
    years = percent["period"].str.extract(r"^(\d{4})-04-01$")[0].astype("int64")
    percent["period"] = _financial(years + 1)
    _assert_same(_figures("children_relative_low_income_percent"), percent)


@needs_page
def test_excess_weight_is_that_of_the_page():
    reception, year6 = (_long(table) for table in _tables(11))
    _assert_same(_figures("excess_weight_reception"), reception)
    _assert_same(_figures("excess_weight_year6"), year6)


@needs_page
@pytest.mark.parametrize(
    ("indicator_id", "numerator", "denominator", "value", "rates"),
    [
        ("rereferrals", "rereferral_count", "referral_count", "rereferral_percent", None),
        ("referrals_rate", "referral_count", "pop_0_17_mid_previous_year", None, 2),
        ("child_protection_plan_rate", "CPP_At31", "pop_0_17_mid_previous_year", None, 1),
        ("child_protection_repeat", "CPP_subsequent", "CPP_start", None, None),
        ("children_in_need", "CIN_at_31_March", None, "CIN_at_31_March", None),
    ],
)
def test_social_care_is_that_of_the_page(indicator_id, numerator, denominator, value, rates):
    main, *others = _tables(12)
    wanted = pd.DataFrame({"period": _financial(main["time_period"]), "numerator": main[numerator]})
    wanted["denominator"] = main[denominator] if denominator else ""
    wanted["value"] = main[value] if value else ""
    wanted = wanted.assign(area_name="Nottinghamshire")
    if rates:
        long = _long(others[rates - 1])
        long["period"] = _financial(long["period"])
        wanted = wanted.drop(columns="value").merge(long, on=PLACE, how="outer", validate="1:1")
    _assert_same(_figures(indicator_id), wanted)


@needs_page
def test_looked_after_children_are_those_of_the_page():
    table = _tables(12)[3]
    table = table[table["population_type"].str.contains("on 31 March")]
    wanted = table.rename(
        columns={
            "population_estimate": "denominator",
            "children_count": "numerator",
            "rate_per_10000": "value",
        }
    )
    _assert_same(
        _figures("looked_after_children"), wanted.assign(period=_financial(wanted["time_period"]))
    )


@needs_page
def test_derived_plan_rates_are_those_of_the_page():
    text = PAGE.read_text(encoding="utf-8")
    line = re.search(r"^DERIVED check, CPP.*?: (2013 .*?)\. Compare", text, re.MULTILINE)[1]
    figures = _figures("child_protection_plan_rate").query("area_type == 'county'")
    rates = (10_000 * figures["numerator"] / figures["denominator"]).round(1)
    years = (figures["period"].str[:4].astype("int64") + 1).astype("str")
    assert dict(zip(years, rates, strict=True)) == {
        year: float(rate) for year, rate in re.findall(r"(\d{4}) ([\d.]+\d)", line)
    }


@needs_page
def test_young_people_and_breastfeeding_figures_are_those_of_the_page():
    neet, not_known, entrants = (_long(table) for table in _tables(13))
    _assert_same(_figures("neet_16_17"), neet)
    _assert_same(_figures("neet_or_not_known_16_17"), not_known)
    _assert_same(_figures("first_time_entrants"), entrants)
    breastfeeding = _long(_tables(14)[0])
    breastfeeding["period"] = _financial(breastfeeding["period"])
    _assert_same(_figures("breastfeeding_6_8_weeks"), breastfeeding)


@needs_page
def test_populations_are_those_of_the_page():
    table = _tables(15)[0].rename(columns={"ltla21_name": "area_name"})
    districts = table.melt(["area_name"], var_name="period", value_name="value")
    text = PAGE.read_text(encoding="utf-8").rpartition("(DfE dashboard file): ")[2]
    county = pd.DataFrame(re.findall(r"(\d{4}) (\d{6})", text), columns=["period", "value"])
    wanted = pd.concat([districts, county.assign(area_name="Nottinghamshire")])
    typed = _figures("population_0_17")
    typed = typed[typed["value_note"] != "derived"]
    _assert_same(typed, wanted.assign(numerator=wanted["value"]))


# Against the publishers' files


def _publisher(name: str, **columns: str) -> pd.DataFrame:
    """Publisher's file as text, its columns renamed, rows of our areas only."""
    table = pd.read_csv(DATA / name, dtype="str").rename(
        columns={theirs: ours for ours, theirs in columns.items()}
    )
    if "area_code" in table:
        table = table[table["area_code"].isin([code for code, _ in AREAS.values()])]
    return table


def _county(name: str, **columns: str) -> pd.DataFrame:
    """Nottinghamshire's rows of a file of the Department for Education."""
    table = _publisher(name, area_code="new_la_code", **columns)
    return table[table["area_code"] == "E10000024"]


def _lait(measure: str) -> pd.DataFrame:
    table = _publisher(
        "lait/dfe_lait_all_measures_nottinghamshire_east_midlands_england.csv", area_name="area"
    )
    return table[table["measure_short"] == measure]


@needs_data
def test_under_18_conceptions_agree_with_the_publisher():
    wanted = _publisher(
        "health/ons_under18_conceptions_1998_2017.csv",
        period="year",
        numerator="conceptions",
        value="conception_rate",
    )
    typed = _figures("under18_conceptions")
    typed = typed[typed["source_id"] == "ons-conceptions-2017-table-6"]
    _assert_same(typed, wanted.drop(columns=["area_name", "area_type"]))
    flags = wanted.set_index(["area_code", "period"])["conception_rate_flag"].eq("u")
    notes = typed.set_index(["area_code", "period"])["value_note"].str.contains("unreliable")
    assert set(notes[notes].index) == set(flags[flags].index)


@needs_data
def test_under_16_conceptions_agree_with_the_publisher():
    wanted = _publisher(
        "health/ons_under16_conceptions_3year_2008-10_to_2015-17.csv",
        numerator="conceptions",
        value="conception_rate",
    )
    _assert_same(_figures("under16_conceptions"), wanted.drop(columns=["area_name", "area_type"]))


@needs_data
def test_later_conception_rates_agree_with_the_publisher():
    wanted = _publisher(
        "health/ons_health_index_child_indicators_2015_2021_ltla.csv",
        area_code="ltla21_code",
        period="year",
        value="teenage_pregnancy_rate_per_1000",
    )
    typed = _figures("under18_conceptions")
    later = wanted["period"].isin(["2018", "2019", "2020"])
    _assert_same(typed[typed["source_id"] == "ons-health-index-2021"], wanted[later], 5.1e-7)
    rates = _lait("Under18concep")
    rates = rates[rates["period"] >= "2018"]
    _assert_same(typed[typed["source_id"] == "dfe-lait-under18-conceptions"], rates)


@needs_data
def test_injury_admissions_agree_with_the_publisher():
    wanted = _publisher(
        "health/fingertips_90284_injury_admissions_0-14_2010-11_to_2023-24.csv",
        area_code="Area Code",
        period="Time period",
        numerator="Count",
        denominator="Denominator",
        value="Value",
        lower_ci="Lower CI 95.0 limit",
        upper_ci="Upper CI 95.0 limit",
    )
    wanted = wanted[(wanted["Sex"] == "Persons") & wanted["Category Type"].isna()]
    wanted = wanted[wanted["area_code"] != "E06000018"]  # on the page: county, region, England
    wanted = wanted.replace({"lower_ci": "-1", "upper_ci": "-1"}, np.nan)
    _assert_same(_figures("injury_admissions_0_14"), wanted, 5.1e-6)


@needs_data
def test_good_development_agrees_with_the_publisher():
    wanted = _publisher(
        "education/dfe_eyfsp_by_pupil_district_2013-14_to_2018-19.csv",
        area_code="lad_code_pupil",
        numerator="gld_number",
        denominator="all_pupils",
        value="gld_percent",
    )
    period = wanted["time_period"].str[:4] + "/" + wanted["time_period"].str[4:]
    _assert_same(_figures("eyfs_good_development"), wanted.assign(period=period))


@needs_data
def test_low_income_numbers_agree_with_the_publisher():
    wanted = _publisher(
        "health/dwp_children_relative_low_income_ltla21_2014-15_to_2021-22.csv",
        area_code="ltla21_code",
        period="financial_year",
        value="children",
    )
    _assert_same(_figures("children_relative_low_income"), wanted)


@needs_data
def test_low_income_percentages_agree_with_the_publisher():
    wanted = _publisher(
        "health/ons_els_children_in_relative_poverty.csv",
        area_code="areacd",
        period="period_start",
        value="observation",
    )
    wanted = wanted[wanted["indicator"] == "Children in relative poverty before housing costs"]
    period = _financial(wanted["period"].str[:4].astype("int64") + 1)
    typed = _figures("children_relative_low_income_percent")
    _assert_same(typed, wanted.assign(period=period), 0.0501)


@needs_data
@pytest.mark.parametrize("name", ["reception", "year6"])
def test_excess_weight_agrees_with_the_publisher(name):
    wanted = _publisher(f"health/fingertips_excess_weight_{name}.csv")
    _assert_same(_figures(f"excess_weight_{name}"), wanted.drop(columns="area_name"))


@needs_data
def test_deprivation_scores_agree_with_the_publisher():
    early = _publisher(
        "deprivation/iod2019_lad_summaries_england.csv",
        area_code="Local Authority District code (2019)",
    ).assign(period="2019")
    late = _publisher(
        "deprivation/iod2025_lad_summaries_england.csv",
        area_code="ltla24_code",
        value="imd_average_score",
    ).assign(period="2025")
    imd = pd.concat([early.rename(columns={"IMD - Average score": "value"}), late])
    _assert_same(_figures("imd_average_score"), imd)
    idaci = early.rename(columns={"IDACI - Average score": "value"})
    _assert_same(_figures("idaci_average_score"), idaci)


@needs_data
@pytest.mark.parametrize(
    ("indicator_id", "name", "columns"),
    [
        (
            "rereferrals",
            "c1_referrals",
            {
                "numerator": "rereferral_count",
                "denominator": "referral_count",
                "value": "rereferral_percent",
            },
        ),
        ("referrals_rate", "c1_referrals", {"numerator": "referral_count"}),
        ("children_in_need", "b1_children_in_need", {"numerator": "At31_episodes"}),
        (
            "child_protection_repeat",
            "d3_cpp_subsequent",
            {"numerator": "CPP_subsequent", "denominator": "CPP_start"},
        ),
        (
            "child_protection_plan_rate",
            "d5_cpp_at_31march_by_duration",
            {"numerator": "CPP_At31"},
        ),
    ],
)
def test_social_care_counts_agree_with_the_publisher(indicator_id, name, columns):
    wanted = _county(f"social_care/dfe_{name}_2013_to_2025.csv", **columns)
    period = _financial(wanted["time_period"])
    typed = _figures(indicator_id).query("area_type == 'county'")
    _assert_same(typed, wanted.assign(period=period))


@needs_data
def test_repeat_plan_percentages_follow_from_the_counts():
    wanted = _county(
        "social_care/dfe_d3_cpp_subsequent_2013_to_2025.csv",
        value="CPP_subsequent_percent",
    )
    figures = _figures("child_protection_repeat")
    percent = 100 * figures["numerator"] / figures["denominator"]
    period = _financial(wanted["time_period"])
    _assert_same(figures.assign(value=percent), wanted.assign(period=period), 0.0501)


@needs_data
def test_looked_after_children_agree_with_the_publisher():
    wanted = _county(
        "social_care/dfe_cla_number_and_rate.csv",
        numerator="children_count",
        denominator="population_estimate",
        value="rate_per_10000",
    )
    wanted = wanted[wanted["population_type"].str.contains("on 31 March")]
    period = _financial(wanted["time_period"])
    _assert_same(_figures("looked_after_children"), wanted.assign(period=period))


@needs_data
@pytest.mark.parametrize(
    ("indicator_id", "measure", "ends_in_march"),
    [
        ("child_protection_plan_rate", "CPP_rate", True),
        ("referrals_rate", "CPP_Total_Rateper10,000", True),
        ("neet_16_17", "16-17 NEET", False),
        ("neet_or_not_known_16_17", "16-17_not known_NEET", False),
        ("first_time_entrants", "FirstYJS", False),
        ("breastfeeding_6_8_weeks", "6wksBreast", True),
    ],
)
def test_interactive_tool_values_agree_with_the_publisher(indicator_id, measure, ends_in_march):
    wanted = _lait(measure)
    if ends_in_march:
        wanted = wanted.assign(period=_financial(wanted["period"]))
    if indicator_id == "first_time_entrants":
        wanted = wanted[wanted["area_name"] != "England"]
    typed = _figures(indicator_id)
    if "derived" in set(typed["value_note"]):
        typed = typed[typed["value_note"] != "derived"]
    _assert_same(typed, wanted)


@needs_data
def test_neet_years_carry_the_label_of_the_department():
    wanted = _publisher("education/dfe_neet_16-17_by_la_2021_2022_2023_2025.csv")
    level = {"National": "E92000001", "Regional": "E12000004"}
    ours = wanted["new_la_code"].eq("E10000024") | wanted["geographic_level"].eq("National")
    ours |= wanted["geographic_level"].eq("Regional") & wanted["region_name"].eq("East Midlands")
    codes = wanted["new_la_code"].fillna(wanted["geographic_level"].map(level))
    wanted = wanted.assign(area_code=codes, period=wanted["time_period"])[ours]
    for indicator_id, column in (
        ("neet_16_17", "NEET_percent"),
        ("neet_or_not_known_16_17", "NEET_not_known_percent"),
    ):
        typed = _figures(indicator_id)
        typed = typed[typed["period"].isin(["2021", "2022", "2023", "2025"])]
        _assert_same(typed, wanted.rename(columns={column: "value"}))


@needs_data
@pytest.mark.parametrize("year", ["2017", "2019", "2020"])
def test_district_populations_agree_with_the_publisher(year):
    areas = pd.read_csv(
        DATA / "population" / f"ons_mid{year}_population_0-17_lsoa11_nottinghamshire.csv"
    )
    sums = areas.groupby("ltla21_code")["age_0_17"].sum()
    wanted = sums.rename_axis("area_code").rename("value").reset_index().assign(period=year)
    typed = _figures("population_0_17")
    typed = typed[(typed["period"] == year) & (typed["area_type"] != "county")]
    _assert_same(typed, wanted)


@needs_data
def test_county_populations_agree_with_the_publisher():
    wanted = _county(
        "population/ons_population_0-17_by_la_2012_to_2024.csv",
        period="time_period",
        value="population_estimate",
    )
    _assert_same(_figures("population_0_17").query("area_type == 'county'"), wanted)
