"""Publishers' files under the catalogue's ids: the mapping table, and published figures again."""

from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from ehlib.load.areas import resolve_areas
from ehlib.load.indicators import read_indicators
from ehlib.load.periods import CALENDARS, parse_period
from ehlib.load.publishers import PUBLISHERS
from ehlib.load.publishers.labels import read_labels
from ehlib.load.publishers.mapping import REFERENCE, add_indicators, add_named, own_id
from ehlib.load.readers import read_extract

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
PUBLISHED = Path(__file__).resolve().parents[1] / "data" / "raw" / "published"
NAMED = {  # what a user would write into sources.toml for tables that name no indicator
    "health/fingertips_excess_weight_reception.csv": "excess_weight_reception",
    "health/fingertips_excess_weight_year6.csv": "excess_weight_year6",
    "health/fingertips_low_income_families.csv": "10101",
}
NUMBERS = ["numerator", "denominator", "value", "lower_ci", "upper_ci"]
needs_shared = pytest.mark.skipif(not SHARED.exists(), reason="needs ../shared/data")


@cache
def read_cells(path: Path) -> pd.DataFrame:
    cells = pd.read_csv(path, dtype="str", keep_default_na=False, encoding="utf-8")
    return cells.set_index(pd.RangeIndex(2, len(cells) + 2))


def kind_of(header: list[str]) -> list[str]:
    return [kind for kind, publisher in PUBLISHERS.items() if publisher.knows(header)]


@pytest.fixture(scope="module")
def files() -> dict[str, tuple[pd.DataFrame, pd.DataFrame]]:
    """Cells and tidy rows of every CSV file of the shared folder that a reader here reads."""
    read = {}
    for path in sorted(SHARED.glob("*/*.csv")):
        name, cells = path.relative_to(SHARED).as_posix(), read_cells(path)
        kinds = kind_of(list(cells.columns))
        publisher = PUBLISHERS[kinds[0]] if kinds else None
        if publisher is None or publisher.declines or (publisher.needs and name not in NAMED):
            continue
        cells = cells.assign(indicator_id=NAMED[name]) if publisher.needs else cells
        read[name] = (cells, publisher.translate(cells))
    return read


@pytest.fixture(scope="module")
def translated(files: dict[str, tuple[pd.DataFrame, pd.DataFrame]]) -> pd.DataFrame:
    """Plain figures of the catalogue in every CSV file of the shared folder."""
    named = [rows[rows["_left_out"] == ""].assign(file=name) for name, (_, rows) in files.items()]
    rows = pd.concat(named, ignore_index=True)
    rows = rows[(rows["_name"] == "") & (rows["category"] == "")]
    codes = resolve_areas(rows["area_code"].mask(rows["area_code"] == "", rows["area_name"]))
    return rows.assign(area_code=codes["area_code"]).dropna(subset="area_code")


def mapping() -> pd.DataFrame:
    return pd.read_csv(
        REFERENCE / "publisher_indicators.csv", dtype="str", keep_default_na=False, encoding="utf-8"
    )


def test_mapping_names_only_indicators_and_calendars_there_are():
    table = mapping()
    mapped = table[table["indicator_id"] != ""]
    assert set(mapped["indicator_id"]) <= set(read_indicators())
    assert set(table["calendar"]) <= {"", *CALENDARS}
    assert set(table["sex"]) <= {"", "persons", "female", "male"}
    assert (table[["publisher", "publisher_id", "publisher_name"]] != "").all().all()
    assert not table.duplicated(["publisher", "publisher_id"]).any()


def test_mapped_indicators_state_sex_age_and_the_unit_of_time_of_the_catalogue():
    indicators = read_indicators()
    mapped = mapping().query("indicator_id != ''")
    assert (mapped[["sex", "age", "calendar"]] != "").all().all()
    calendars = mapped["indicator_id"].map(lambda each: indicators[each].calendar)
    assert calendars.tolist() == mapped["calendar"].tolist()


def test_no_two_indicators_of_a_publisher_share_an_own_id():
    table = mapping()
    own = [own_id(*each) for each in zip(table["publisher"], table["publisher_id"], strict=True)]
    assert len(set(own)) == len(own)


def test_own_ids_are_valid_ids_of_letters_digits_and_underscores():
    assert own_id("lait", "CPP_Total_Rateper10,000") == "lait_cpp_total_rateper10_000"
    assert own_id("lait", "LACDental%") == "lait_lacdental_percent"
    assert own_id("fingertips", "90284") == "fingertips_90284"


def test_numbers_of_the_department_lead_to_areas_that_exist():
    table = pd.read_csv(REFERENCE / "la_numbers.csv", dtype="str", encoding="utf-8")
    found = resolve_areas(table["area_code"])
    outside = table["la_number"].isin(["987", "988"])  # inner and outer London are no councils
    assert found.loc[~outside, "area_code"].notna().all()
    assert not table["la_number"].duplicated().any()


@pytest.mark.parametrize(
    ("number", "code"),
    # Get Information about Schools: 891 Nottinghamshire, 892 Nottingham, 373 Sheffield, 201 City.
    [("891", "E10000024"), ("892", "E06000018"), ("201", "E09000001"), ("970", "E92000001")],
)
def test_number_of_the_department_is_that_of_its_council(number: str, code: str):
    table = pd.read_csv(REFERENCE / "la_numbers.csv", dtype="str", encoding="utf-8")
    assert table.loc[table["la_number"] == number, "area_code"].item() == code


@pytest.mark.parametrize(
    ("label", "calendar", "wanted"),
    [
        ("201314", "academic_year", ("2013/14", "academic_year")),
        ("2025", "financial_year", ("2024/25", "financial_year")),
        ("2000", "academic_year", ("1999/00", "academic_year")),
        ("2025", "", ("2025", "calendar_year")),
        ("2020", "mid_year", ("2020", "mid_year")),
        ("2012/13", "financial_year", ("2012/13", "financial_year")),
        ("2012/2013", "financial_year", ("2012/13", "financial_year")),
        ("2013-14", "academic_year", ("2013/14", "academic_year")),
        ("2012/13", "", ("2012/13", "")),
        ("2011 - 13", "", ("2011 to 2013", "three_calendar_years")),
        ("2011 to 2013", "", ("2011 to 2013", "three_calendar_years")),
        ("2009-11", "", ("2009 to 2011", "three_calendar_years")),
        ("2013/14-15/16", "", ("2013/14 to 2015/16", "three_financial_years")),
        ("2016/17 - 18/19", "", ("2016/17 to 2018/19", "three_financial_years")),
        ("2013/14 Q3", "", ("2013/14-Q3", "financial_quarter")),
        ("2013 Q4", "", ("2013/14-Q3", "financial_quarter")),
        ("2014 Q1", "", ("2013/14-Q4", "financial_quarter")),
        ("2021-04-01", "", ("2021/22", "financial_year")),
        ("2021-09-01/P1Y", "", ("2021/22", "academic_year")),
        ("2021-01-01", "", ("2021", "calendar_year")),
        ("2012/14", "financial_year", ("2012/14", "financial_year")),
        ("Spring 2012", "", ("Spring 2012", "")),
    ],
)
def test_period_label_is_read_in_the_calendar_it_belongs_to(label, calendar, wanted):
    read = read_labels(pd.Series([label]), pd.Series([calendar]))
    assert tuple(read.iloc[0]) == wanted


def test_labels_that_are_read_are_labels_of_their_calendar():
    labels = pd.Series(["2013 Q4", "2011 - 13", "2013/14-15/16", "201314", "2021-04-01"])
    read = read_labels(labels, pd.Series(["", "", "", "academic_year", ""]))
    for label, calendar in read.itertuples(index=False):
        assert parse_period(label, calendar).label == label


def test_rate_of_years_in_which_the_catalogue_counts_a_number_is_not_mapped():
    rows = pd.DataFrame({"publisher_id": ["FirstYJS"] * 2, "period": ["2014", "2015"]})
    assert add_indicators(rows, "lait")["indicator_id"].tolist() == [
        "lait_firstyjs",
        "first_time_entrants",
    ]


def test_indicator_outside_the_table_keeps_name_unit_and_age_of_its_publisher():
    rows = pd.DataFrame(
        {
            "publisher_id": ["99999"],
            "_name": ["Children who hop"],
            "_unit": [""],
            "period": ["2012/13"],
            "_calendar": ["financial_year"],
            "sex": ["Female"],
            "age": ["5-9 yrs"],
        }
    )
    tidy = add_indicators(rows, "fingertips")
    assert tidy.loc[0, ["indicator_id", "sex", "age"]].tolist() == [
        "fingertips_99999",
        "female",
        "5-9 yrs",
    ]
    assert tidy.loc[0, ["_name", "_unit", "_calendar"]].tolist() == [
        "Children who hop",
        "unit not stated",
        "financial_year",
    ]


def test_adding_indicators_leaves_its_input_as_it_was():
    rows = pd.DataFrame({"publisher_id": ["90284"], "period": ["2012/13"], "sex": ["Male"]})
    before = rows.copy()
    tidy = add_indicators(rows, "fingertips")
    pd.testing.assert_frame_equal(rows, before)
    assert tidy["sex"].item() == "male"
    assert tidy[["_name", "_unit", "_calendar"]].to_numpy().tolist() == [["", "", ""]]


def test_user_may_name_an_indicator_by_the_catalogue_or_by_the_number_of_its_publisher():
    rows = pd.DataFrame({"publisher_id": ["neet_16_17", "20601"], "period": ["2018", "2017/18"]})
    tidy = add_named(rows, "fingertips")
    assert tidy["indicator_id"].tolist() == ["neet_16_17", "excess_weight_reception"]
    assert tidy["_name"].tolist() == ["", ""]


@needs_shared
def test_each_file_of_a_publisher_is_known_as_one_kind():
    unknown = []
    for path in sorted(SHARED.glob("*/*.csv")):
        kinds = kind_of(list(read_cells(path).columns))
        assert len(kinds) < 2, f"{path.name}: {kinds}"
        if not kinds:
            unknown.append(path.relative_to(SHARED).as_posix())
    # Small areas and lookups have readers of their own.
    own = (
        "deprivation/",
        "lookups/",
        "population/ons_mid",
        "health/dwp_children_relative_low_income_msoa",
    )
    assert [name for name in unknown if not name.startswith(own)] == []


@needs_shared
def test_every_row_of_a_publisher_is_translated_or_left_out_with_a_reason(files):
    for name, (cells, rows) in files.items():
        assert set(rows.index) == set(cells.index), name
        assert rows.notna().all().all(), name
        kept = rows[rows["_left_out"] == ""]
        assert (kept["indicator_id"] != "").all(), name
        assert ((kept["_name"] != "") == (kept["_calendar"] != "")).all(), name


@needs_shared
def test_part_of_a_file_is_translated_as_it_is_in_the_whole(files):
    for name, (cells, rows) in files.items():
        translate = PUBLISHERS[kind_of(list(cells.columns))[0]].translate
        part = cells.iloc[len(cells) // 3 :][:60]
        before = part.copy()
        wanted = rows[rows.index.isin(part.index)]
        pd.testing.assert_frame_equal(translate(part), wanted, obj=name)
        pd.testing.assert_frame_equal(part, before, obj=name)


@needs_shared
def test_figures_that_stand_in_the_project_and_in_a_publishers_file_agree(
    translated: pd.DataFrame,
):
    typed = pd.concat(
        pd.read_csv(path, dtype="str", keep_default_na=False, encoding="utf-8")
        for path in sorted(PUBLISHED.glob("*.csv"))
    )
    # Districts' populations are typed as they were before the 2021 census, the file's since.
    typed = typed[typed["source_id"] != "ons-mid-year-population-lsoa"]
    typed = typed[typed["category"] == ""].assign(file=typed["source_id"])
    compared, wrong = disagreements(typed, translated)
    assert wrong.empty, wrong.to_string()
    assert compared > 1800


@needs_shared
def test_publishers_that_give_the_same_indicator_give_the_same_figures(translated: pd.DataFrame):
    rows = translated
    # The Health Index holds rates of conceptions before ONS revised the populations of 2016.
    index = rows["file"].str.contains("health_index") & rows["indicator_id"].eq(
        "under18_conceptions"
    )
    compared, wrong = disagreements(rows[~index], rows[~index])
    assert wrong.empty, wrong.to_string()
    assert compared > 7000


def disagreements(left: pd.DataFrame, right: pd.DataFrame) -> tuple[int, pd.DataFrame]:
    """How many figures stand in both, and those that differ by more than the rounding printed."""
    keys = ["indicator_id", "area_code", "period", "sex", "age"]
    both = left.merge(right, on=keys, how="inner", suffixes=("", "_other"), validate="m:m")
    both = both[both["file"] != both["file_other"]]
    compared, wrong = 0, [both.head(0)]
    for column in NUMBERS:
        pair = both[[column, f"{column}_other"]]
        numbers = pair.apply(pd.to_numeric, errors="coerce")
        shown = numbers.notna().all(axis=1)
        places = pair.apply(lambda each: each.str.extract(r"\.(\d+)")[0].str.len()).fillna(0)
        decimals = places.min(axis=1)
        whole = (places == 0).all(axis=1) & (column in ("numerator", "denominator"))
        slack = (0.5 * 10.0**-decimals).mask(whole, 0.0) + 1e-9
        difference = numbers.diff(axis=1).iloc[:, 1].abs()
        off = shown & difference.where(shown, 0.0).gt(slack)
        wrong.append(both.loc[off, [*keys, *pair.columns, "file", "file_other"]])
        compared += int(shown.sum())
        print(f"{column}: {shown.sum()} compared, largest difference {difference[shown].max()}")
    return compared, pd.concat(wrong)


@needs_shared
def test_publishers_file_is_taken_without_an_error_and_every_row_accounted_for(files):
    indicators = read_indicators()
    for name in files:
        (extract,) = read_extract(
            SHARED / name, indicators, told=lambda _, name=name: NAMED.get(name, "")
        )
        assert "error" not in set(extract.faults["severity"]), f"{name}: {extract.faults}"
        accounted = extract.rows_loaded + extract.rows_normalised + len(extract.rejected)
        assert extract.rows_read == accounted == len(files[name][0]), name
        assert len(extract.frame) > 0, name
        named = set(extract.unmapped["id"]) | set(indicators)
        assert set(extract.frame["indicator_id"].astype("str")) <= named, name


@needs_shared
def test_short_table_without_an_indicator_is_refused_with_the_way_out():
    path = SHARED / "education" / "fingertips_neets.csv"
    (extract,) = read_extract(path, read_indicators(), told=lambda _: "")
    assert extract.kind == "refused"
    assert extract.faults["rule"].tolist() == ["indicator_not_named"]
    assert "sources.toml" in extract.faults["mend"].iloc[0]
