"""What DuckDB counts of case records, against hand counts and plain pandas."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ehlib.load.areas import Area, Areas, Locality
from ehlib.load.cases import count_cases, describe_cases, read_cases
from ehlib.load.indicators import read_indicators
from ehlib.load.sample import write_sample
from ehlib.load.schema import ObservationError, validate_observations

ASHFIELD, BASSETLAW, RUSHCLIFFE = "E07000170", "E07000171", "E07000176"
COUNTY, NORTH, SOUTH = "E10000024", "E10000024-L1", "E10000024-L2"
MASH = ("mash_enquiries", ASHFIELD)
DISTRICTS = (
    Area(ASHFIELD, "Ashfield", "district"),
    Area(BASSETLAW, "Bassetlaw", "district"),
    Area(RUSHCLIFFE, "Rushcliffe", "district"),
)
AREAS = Areas(
    county=Area(COUNTY, "Nottinghamshire", "county"),
    districts=DISTRICTS,
    localities=(
        Locality(NORTH, "North", (ASHFIELD, BASSETLAW), "for the test"),
        Locality(SOUTH, "South", (RUSHCLIFFE,), "for the test"),
    ),
    region=Area("E12000004", "East Midlands", "region"),
    england=Area("E92000001", "England", "england"),
)
ENQUIRY = {
    "enquiry_id": "A1",
    "child_id": "C1",
    "received_date": "2013-10-01",
    "source": "police",
    "area_code": ASHFIELD,
    "age": "7",
    "sex": "female",
    "need_level": "2",
    "outcome": "early help services",
    "outcome_date": "2013-10-04",
}
EPISODE = {
    "episode_id": "E1",
    "child_id": "C1",
    "opened_date": "2013-10-01",
    "closed_date": "2013-12-02",
    "process": "CAF",
    "lead_agency": "school",
    "need_level": "2",
    "closure_reason": "needs met",
    "area_code": ASHFIELD,
    "age": "7",
    "sex": "female",
}


def write(folder: Path, first: dict, *changes: dict) -> Path:
    """CSV with one row a set of changes to the first record, ids numbered unless given."""
    own = next(iter(first))
    rows = [{**first, own: f"{first[own]}-{row}", **each} for row, each in enumerate(changes)]
    path = folder / "extract.csv"
    pd.DataFrame(rows).to_csv(path, index=False, encoding="utf-8")
    return path


def populations(*rows: tuple[str, str, float, str]) -> pd.DataFrame:
    columns = ["area_code", "period", "numerator", "value_note"]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.assign(indicator_id="population_0_17", value=frame["numerator"])


PEOPLE = populations(
    *(
        (code, year, people + int(year), "derived")
        for code, people in ((ASHFIELD, 20_000), (BASSETLAW, 18_000), (RUSHCLIFFE, 19_000))
        for year in ("2012", "2013", "2014")
    )
)


def counted(folder: Path, first: dict, *changes: dict) -> pd.DataFrame:
    """Observations counted from the records that the changes describe."""
    extract = read_cases(write(folder, first, *changes))
    assert extract.rows_rejected == 0, extract.faults
    extract.frame.to_parquet(folder / f"{extract.kind}.parquet", index=False)
    return validate_observations(count_cases(folder, PEOPLE, AREAS))


def numbers(observations: pd.DataFrame, indicator_id: str, area_code: str) -> dict[str, tuple]:
    """Numerator and denominator by period, without breakdowns."""
    chosen = observations[
        (observations["indicator_id"] == indicator_id)
        & (observations["area_code"] == area_code)
        & (observations["category_type"] == "")
    ]
    return {
        row.period: (row.numerator, row.denominator)
        for row in chosen.sort_values("period").itertuples()
    }


def test_days_at_the_edges_fall_in_their_quarter(tmp_path):
    days = ["2013-03-31", "2013-04-01", "2013-06-30", "2013-07-01", "2014-03-31", "2014-04-01"]
    changes = [{"received_date": day, "outcome_date": day} for day in days]
    observations = counted(tmp_path, ENQUIRY, *changes)
    found = {key: count for key, (count, _) in numbers(observations, *MASH).items()}
    assert found == {
        "2012/13-Q4": 1,
        "2013/14-Q1": 2,
        "2013/14-Q2": 1,
        "2013/14-Q4": 1,
        "2014/15-Q1": 1,
    }


def test_period_bears_label_and_days(tmp_path):
    row = counted(tmp_path, ENQUIRY, {}).iloc[0]
    assert row["period"] == "2013/14-Q3"
    assert row["period_start"] == pd.Timestamp("2013-10-01")
    assert row["period_end"] == pd.Timestamp("2013-12-31")
    assert row["age"] == "0-17"
    assert row["source_id"] == "mash_enquiries"


def test_denominator_is_the_middle_of_the_year_in_which_the_financial_year_begins(tmp_path):
    changes = [
        {"received_date": day, "outcome_date": ""} for day in ("2013-03-31", "2013-04-01")
    ] + [{"received_date": day, "outcome_date": ""} for day in ("2014-03-31", "2014-04-01")]
    observations = counted(tmp_path, ENQUIRY, *changes)
    assert {key: people for key, (_, people) in numbers(observations, *MASH).items()} == {
        "2012/13-Q4": 22_012,
        "2013/14-Q1": 22_013,
        "2013/14-Q4": 22_013,
        "2014/15-Q1": 22_014,
    }
    county = numbers(observations, "mash_enquiries", COUNTY)
    assert county["2012/13-Q4"] == (1, 22_012 + 20_012 + 21_012)
    assert numbers(observations, "mash_enquiries", NORTH)["2012/13-Q4"] == (1, 22_012 + 20_012)


def test_derived_populations_are_said(tmp_path):
    observations = counted(tmp_path, ENQUIRY, {})
    whole = observations["category_type"] == ""
    rates = observations["indicator_id"].eq("mash_enquiries") & whole
    assert observations.loc[rates, "value_note"].str.contains("derived").all()
    assert not observations.loc[~rates, "value_note"].str.contains("derived").any()


def test_without_a_population_the_rate_is_not_available(tmp_path):
    people = PEOPLE[~((PEOPLE["area_code"] == BASSETLAW) & (PEOPLE["period"] == "2013"))]
    extract = read_cases(write(tmp_path, ENQUIRY, {}))
    extract.frame.to_parquet(tmp_path / "mash_enquiries.parquet")
    observations = validate_observations(count_cases(tmp_path, people, AREAS))
    found = observations[observations["category_type"] == ""].set_index("area_code")
    found = found[found["indicator_id"] == "mash_enquiries"]
    missing = found["denominator"].isna()
    assert set(found.index[missing]) == {BASSETLAW, NORTH, COUNTY}
    assert found.loc[missing, "value_note"].str.contains("not_available").all()
    assert not found.loc[~missing, "value_note"].str.contains("not_available").any()
    assert found["numerator"].notna().all()


def test_districts_and_quarters_without_records_count_nought(tmp_path):
    observations = counted(
        tmp_path, ENQUIRY, {}, {"received_date": "2014-01-01", "outcome_date": ""}
    )
    whole = observations[observations["category_type"] == ""]
    sizes = whole.groupby(["indicator_id", "period"]).size()
    assert (sizes == 6).all()
    assert set(sizes.index.get_level_values(0)) == {
        *("mash_enquiries", "mash_outcome", "mash_within_1_day", "mash_within_3_days")
    }
    assert numbers(observations, "mash_enquiries", RUSHCLIFFE) == {
        "2013/14-Q3": (0, 21_013),
        "2013/14-Q4": (0, 21_013),
    }
    assert numbers(observations, "mash_outcome", SOUTH)["2013/14-Q4"] == (0, 0)
    parts = observations[observations["category_type"] == "outcome"]
    assert parts.groupby(["area_code", "period"]).size().eq(1).all()
    assert parts.loc[parts["area_code"] == RUSHCLIFFE, "numerator"].tolist() == [0, 0]
    assert parts.loc[parts["area_code"] == RUSHCLIFFE, "denominator"].tolist() == [0, 0]


def test_parts_add_up_to_the_whole_and_share_its_denominator(tmp_path):
    changes = [
        {"source": "schools", "outcome": "", "outcome_date": "", "need_level": ""},
        {"area_code": BASSETLAW, "sex": "male", "source": ""},
        {"area_code": BASSETLAW, "sex": ""},
    ]
    observations = counted(tmp_path, ENQUIRY, {}, *changes)
    chosen = observations[
        (observations["indicator_id"] == "mash_enquiries") & (observations["category_type"] != "")
    ]
    north = chosen[chosen["area_code"] == NORTH]
    assert set(north["category_type"]) == {"source", "need_level", "outcome", "sex", "age"}
    assert north.groupby("category_type")["numerator"].sum().eq(4).all()
    assert (north["denominator"] == 4).all()
    found = {
        (row.category_type, row.category, row.sex): row.numerator for row in north.itertuples()
    }
    assert found["sex", "female", "female"] == 2
    assert found["sex", "unknown", "persons"] == 1
    assert found["source", "not recorded", "persons"] == 1
    assert found["need_level", "not recorded", "persons"] == 1
    assert found["need_level", "level 2", "persons"] == 3
    assert found["outcome", "not recorded", "persons"] == 1
    ashfield = chosen[chosen["area_code"] == ASHFIELD]
    assert (ashfield["denominator"] == 2).all()


def test_only_children_under_18_of_the_county_are_counted(tmp_path):
    changes = [{"age": "17"}, {"age": "18"}, {"age": "0"}, {"area_code": "Nottingham"}]
    observations = counted(tmp_path, ENQUIRY, *changes)
    assert numbers(observations, "mash_enquiries", COUNTY)["2013/14-Q3"][0] == 2
    assert set(observations["area_code"]) == {*PEOPLE["area_code"], COUNTY, NORTH, SOUTH}


def test_a_quarter_with_records_of_other_counties_only_is_left_out(tmp_path):
    elsewhere = {"area_code": "E06000018", "received_date": "2014-01-05", "outcome_date": ""}
    observations = counted(tmp_path, ENQUIRY, {}, elsewhere)
    assert set(observations["period"]) == {"2013/14-Q3"}


def test_mash_outcome_changes_its_definition_in_april_2014(tmp_path):
    words = ["no further action", "no further action", "early help services"]
    words += ["children's social care", "information and advice"]
    changes = [
        {"received_date": day, "outcome": word, "outcome_date": day}
        for day in ("2014-03-31", "2014-04-01")
        for word in [*words, "children's social care"]
    ]
    changes.append({"received_date": "2014-04-01", "outcome": "", "outcome_date": ""})
    found = numbers(counted(tmp_path, ENQUIRY, *changes), "mash_outcome", ASHFIELD)
    assert found == {"2013/14-Q4": (2, 6), "2014/15-Q1": (3, 6)}


def test_needs_met_changes_its_definition_in_april_2014(tmp_path):
    reasons = ["needs met", "disengaged", "needs met"]
    changes = [
        {"closed_date": day, "closure_reason": reason, "process": process}
        for day in ("2014-03-31", "2014-04-01")
        for process in ("CAF", "other")
        for reason in reasons
    ]
    changes.append({"closed_date": "", "closure_reason": ""})
    changes.append({"closed_date": "2014-04-01", "closure_reason": ""})
    found = numbers(counted(tmp_path, EPISODE, *changes), "needs_met", ASHFIELD)
    assert found == {"2013/14-Q4": (2, 3), "2014/15-Q1": (4, 7)}


def test_episodes_are_counted_when_opened(tmp_path):
    changes = [{}, {"opened_date": "2013-09-30"}, {"closed_date": "", "closure_reason": ""}]
    observations = counted(tmp_path, EPISODE, *changes)
    found = numbers(observations, "early_help_episodes", ASHFIELD)
    assert found == {"2013/14-Q2": (1, 22_013), "2013/14-Q3": (2, 22_013)}


def test_definitions_change_when_the_catalogue_says():
    for indicator_id in ("mash_outcome", "needs_met"):
        starts = [each.start for each in read_indicators()[indicator_id].versions]
        assert len(starts) == 2
        assert starts[-1].isoformat() == "2014-04-01"


def test_a_quarter_with_any_synthetic_record_is_synthetic_everywhere(tmp_path):
    changes = [
        {"data_status": "synthetic"},
        {"data_status": "", "area_code": BASSETLAW},
        {"data_status": "", "received_date": "2014-01-01", "outcome_date": ""},
    ]
    observations = counted(tmp_path, ENQUIRY, *changes)
    synthetic = observations["value_note"].str.contains("synthetic")
    assert synthetic.equals(observations["period"] == "2013/14-Q3")


@pytest.mark.parametrize(
    ("first", "last", "provisional"),
    [
        ("2013-10-01", "2013-12-31", False),
        ("2013-10-08", "2013-12-24", False),
        ("2013-10-09", "2013-12-31", True),
        ("2013-10-01", "2013-12-23", True),
    ],
)
def test_a_quarter_that_the_extract_does_not_cover_is_provisional(
    tmp_path, first, last, provisional
):
    changes = [{"received_date": day, "outcome_date": ""} for day in (first, last)]
    observations = counted(tmp_path, ENQUIRY, *changes)
    assert observations["value_note"].str.contains("provisional").eq(provisional).all()


def test_only_the_quarters_at_the_ends_are_provisional(tmp_path):
    days = ("2013-05-20", "2013-08-20", "2013-11-20")
    changes = [{"received_date": day, "outcome_date": ""} for day in days]
    observations = counted(tmp_path, ENQUIRY, *changes)
    marked = observations.groupby("period")["value_note"].agg(
        lambda notes: notes.str.contains("provisional").all()
    )
    assert marked.to_dict() == {"2013/14-Q1": True, "2013/14-Q2": False, "2013/14-Q3": True}


def test_a_record_in_two_extracts_is_refused(tmp_path):
    frame = read_cases(write(tmp_path, ENQUIRY, {}, {})).frame
    frame.to_parquet(tmp_path / "mash_enquiries-1.parquet")
    frame.tail(1).to_parquet(tmp_path / "mash_enquiries-2.parquet")
    with pytest.raises(ObservationError, match="mash_enquiries: 1 records stand in more than one"):
        count_cases(tmp_path, PEOPLE, AREAS)


def test_extracts_of_one_kind_are_counted_together(tmp_path):
    frame = read_cases(write(tmp_path, ENQUIRY, {}, {}, {})).frame
    frame.head(1).to_parquet(tmp_path / "mash_enquiries-1.parquet")
    frame.tail(2).to_parquet(tmp_path / "mash_enquiries-2.parquet")
    observations = count_cases(tmp_path, PEOPLE, AREAS)
    assert numbers(observations, *MASH)["2013/14-Q3"][0] == 3


def test_a_folder_without_case_records_gives_no_observations(tmp_path):
    assert validate_observations(count_cases(tmp_path, PEOPLE, AREAS)).empty


def test_a_council_without_districts_is_counted_whole(tmp_path):
    dorset = Area("E06000059", "Dorset", "unitary")
    areas = Areas(dorset, (), (), AREAS.region, AREAS.england)
    extract = read_cases(write(tmp_path, ENQUIRY, {"area_code": "E06000059"}, {}))
    extract.frame.to_parquet(tmp_path / "mash_enquiries.parquet")
    people = populations(("E06000059", "2013", 70_000.0, ""))
    observations = validate_observations(count_cases(tmp_path, people, areas))
    assert numbers(observations, "mash_enquiries", dorset.code) == {"2013/14-Q3": (1, 70_000)}
    assert set(observations["area_type"]) == {"unitary"}


@pytest.fixture(scope="module")
def sampled(tmp_path_factory) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Records of a small sample as pandas reads them, and what DuckDB counts of them."""
    folder = tmp_path_factory.mktemp("sampled")
    paths = write_sample(folder, rows=4_000)
    for path in paths:
        read_cases(path).frame.to_parquet(folder / f"{path.stem}.parquet")
    enquiries = pd.read_csv(paths[0], parse_dates=["received_date"])
    episodes = pd.read_csv(paths[1], parse_dates=["opened_date", "closed_date"])
    inside = [area.code for area in DISTRICTS]
    frames = [each[each["area_code"].isin(inside)] for each in (enquiries, episodes)]
    return *frames, validate_observations(count_cases(folder, PEOPLE, AREAS))


def by_pandas(records: pd.DataFrame, days: str, *columns: str) -> pd.Series:
    """Records by district, financial quarter and columns, in plain pandas."""
    quarter = records[days].dt.to_period("Q-MAR")
    years = (quarter.dt.qyear - 1).astype("str") + "/" + (quarter.dt.qyear % 100).astype("str")
    period = (years + "-Q" + quarter.dt.quarter.astype("str")).rename("period")
    return records.groupby(["area_code", period, *columns], dropna=False).size()


def of_districts(observations: pd.DataFrame, indicator_id: str, category_type: str = ""):
    chosen = observations[
        (observations["indicator_id"] == indicator_id)
        & (observations["area_type"] == "district")
        & (observations["category_type"] == category_type)
    ]
    keys = ["area_code", "period", *(["category"] if category_type else [])]
    return chosen.set_index(keys)


def assert_same_counts(found: pd.Series, wanted: pd.Series) -> None:
    """Every count of pandas is there, and what pandas has not is 0."""
    wanted = wanted.reindex(found.index, fill_value=0)
    assert wanted.sum() > 0
    assert found.tolist() == wanted.tolist()


def test_enquiries_are_what_pandas_counts(sampled):
    enquiries, _, observations = sampled
    found = of_districts(observations, "mash_enquiries")["numerator"]
    wanted = by_pandas(enquiries, "received_date")
    assert_same_counts(found, wanted)
    assert found.sum() == len(enquiries)


@pytest.mark.parametrize("column", ["source", "need_level", "outcome", "sex"])
def test_parts_of_enquiries_are_what_pandas_counts(sampled, column):
    enquiries, _, observations = sampled
    words = enquiries[column]
    words = "level " + words.astype("str") if column == "need_level" else words
    words = words.fillna("not recorded")
    found = of_districts(observations, "mash_enquiries", column)["numerator"]
    found = found.rename_axis(["area_code", "period", column])
    wanted = by_pandas(enquiries.assign(**{column: words}), "received_date", column)
    assert_same_counts(found, wanted)
    assert found.sum() == len(enquiries)


def test_mash_outcomes_are_what_pandas_counts(sampled):
    enquiries, _, observations = sampled
    decided = enquiries.dropna(subset="outcome")
    early = decided["received_date"] < "2014-04-01"
    none = decided["outcome"] == "no further action"
    acted = decided["outcome"].isin(["children's social care", "early help services"])
    found = of_districts(observations, "mash_outcome")
    assert_same_counts(found["denominator"], by_pandas(decided, "received_date"))
    chosen = decided[np.where(early, none, acted)]
    assert_same_counts(found["numerator"], by_pandas(chosen, "received_date"))


def test_episodes_and_needs_met_are_what_pandas_counts(sampled):
    _, episodes, observations = sampled
    found = of_districts(observations, "early_help_episodes")["numerator"]
    assert_same_counts(found, by_pandas(episodes, "opened_date"))
    closed = episodes[
        episodes["closed_date"].notna()
        & ((episodes["process"] == "CAF") | (episodes["closed_date"] >= "2014-04-01"))
    ]
    found = of_districts(observations, "needs_met")
    assert_same_counts(found["denominator"], by_pandas(closed, "closed_date"))
    met = closed[closed["closure_reason"] == "needs met"]
    assert_same_counts(found["numerator"], by_pandas(met, "closed_date"))


def test_districts_localities_and_county_add_up(sampled):
    observations = sampled[2]
    keys = ["indicator_id", "period", "sex", "category_type", "category"]
    for number in ("numerator", "denominator"):
        sums = observations.pivot_table(number, keys, "area_type", aggfunc="sum")
        assert len(sums) > 250
        assert (sums["district"] == sums["county"]).all()
        assert (sums["locality"] == sums["county"]).all()


def test_whole_sample_is_synthetic_and_covers_its_quarters(sampled):
    observations = sampled[2]
    assert observations["value_note"].str.contains("synthetic").all()
    mash = observations[observations["indicator_id"] == "mash_enquiries"]
    assert mash["period"].nunique() == 12
    assert not mash["value_note"].str.contains("provisional").any()


def test_counting_leaves_the_populations_as_they_were(tmp_path):
    before = PEOPLE.copy()
    counted(tmp_path, ENQUIRY, {})
    pd.testing.assert_frame_equal(PEOPLE, before)


# Repeats, timeliness, caseload, time to close, audits


def total(observations: pd.DataFrame, indicator_id: str, period: str, category: str = "") -> tuple:
    """Numerator and denominator of Ashfield for one period and part."""
    row = observations[
        (observations["indicator_id"] == indicator_id)
        & (observations["area_code"] == ASHFIELD)
        & (observations["period"] == period)
        & (observations["category"] == category)
    ]
    [(numerator, denominator)] = row[["numerator", "denominator"]].to_numpy().tolist()
    return numerator, denominator


def enquiries_on(*days: str, child: str = "C1") -> list[dict]:
    return [{"received_date": day, "outcome_date": "", "child_id": child} for day in days]


def test_an_enquiry_repeats_another_on_an_earlier_day_of_the_12_months_before(tmp_path):
    changes = enquiries_on("2012-01-01", child="first of the records")
    changes += enquiries_on("2012-11-05", "2013-11-05", "2013-11-05", child="a year to the day")
    changes += enquiries_on("2012-11-05", "2013-11-06", child="a year and a day")
    changes += enquiries_on("2013-11-07", "2013-11-07", child="twice on one day")
    changes += enquiries_on("2013-10-01", "2013-10-02", "2013-10-03", child="three days")
    elsewhere = enquiries_on("2013-05-01", child="moved in")[0] | {"area_code": "Nottingham"}
    changes += [elsewhere, *enquiries_on("2013-12-31", child="moved in")]
    observations = counted(tmp_path, ENQUIRY, *changes)
    assert total(observations, "mash_repeats", "2013/14-Q3") == (5, 9)


def test_repeats_are_counted_once_the_records_go_back_12_months(tmp_path):
    changes = enquiries_on("2013-04-03", "2014-03-30", "2014-04-01", "2014-07-01")
    periods = set(
        counted(tmp_path, ENQUIRY, *changes).query("indicator_id == 'mash_repeats'").period
    )
    assert periods == {"2014/15-Q1", "2014/15-Q2"}


@pytest.mark.parametrize(
    ("received", "decided", "in_one", "in_three"),
    [
        ("2013-10-01", "2013-10-01", 1, 1),  # a Tuesday
        ("2013-10-01", "2013-10-02", 1, 1),
        ("2013-10-01", "2013-10-03", 0, 1),
        ("2013-10-01", "2013-10-04", 0, 1),
        ("2013-10-01", "2013-10-07", 0, 0),
        ("2013-10-04", "2013-10-07", 1, 1),  # Friday to Monday
        ("2013-10-05", "2013-10-07", 1, 1),  # a Saturday
        ("2013-12-24", "2013-12-27", 1, 1),  # over Christmas Day and Boxing Day
        ("2013-12-24", "2014-01-02", 0, 0),
        ("2013-12-27", "2014-01-02", 0, 1),  # Friday; Monday, Tuesday; New Year's Day
    ],
)
def test_time_to_an_outcome_is_in_working_days(tmp_path, received, decided, in_one, in_three):
    later = {"received_date": "2014-02-01", "outcome_date": ""}
    changes = [{"received_date": received, "outcome_date": decided}, later]
    observations = counted(tmp_path, ENQUIRY, *changes)
    assert total(observations, "mash_within_1_day", "2013/14-Q3") == (in_one, 1)
    assert total(observations, "mash_within_3_days", "2013/14-Q3") == (in_three, 1)


def test_undecided_enquiries_count_once_their_time_is_up(tmp_path):
    days = [
        "2013-12-02",
        "2013-12-03",
        "2013-12-04",
        "2013-12-05",
        "2013-12-06",
    ]  # the extract's end
    changes = [{"received_date": day, "outcome": "", "outcome_date": ""} for day in days]
    observations = counted(tmp_path, ENQUIRY, *changes)
    assert total(observations, "mash_within_1_day", "2013/14-Q3") == (0, 3)
    assert total(observations, "mash_within_3_days", "2013/14-Q3") == (0, 1)


def test_bank_holidays_are_the_eight_of_each_year_and_the_extra_ones():
    path = Path(__file__).resolve().parents[1] / "data" / "reference" / "bank_holidays.csv"
    days = pd.read_csv(path, parse_dates=["day"])["day"]
    extra = {2011: 1, 2012: 1, 2022: 2, 2023: 1}  # weddings, jubilees, a funeral, a coronation
    assert days.dt.year.value_counts().to_dict() == {
        year: 8 + extra.get(year, 0) for year in range(2010, 2028)
    }
    assert (days.dt.day_of_week < 5).all()
    assert days.is_monotonic_increasing
    for day in ("2012-06-05", "2013-04-01", "2020-05-08", "2021-12-28", "2022-09-19"):
        assert pd.Timestamp(day) in set(days)


def still_open(opened: str, closed: str = "", **others: str) -> dict:
    reason = "disengaged" if closed else ""
    return {"opened_date": opened, "closed_date": closed, "closure_reason": reason, **others}


def test_open_episodes_are_those_open_at_the_end_of_the_quarter_by_age_and_level(tmp_path):
    changes = [
        still_open("2012-01-01", "2012-02-01"),  # the records begin
        still_open("2013-12-31", need_level="1"),
        still_open("2013-10-02", "2014-01-01", need_level="1"),  # 90 days: 12 weeks
        still_open("2013-10-01", "2013-12-31"),  # closed on the last day
        still_open("2013-10-01", need_level="2"),  # 91 days: 13 weeks
        still_open("2013-07-02", need_level="2"),  # 182 days: 26 weeks
        still_open("2013-01-01", need_level=""),  # 364 days: 52 weeks
        still_open("2014-01-01"),
        still_open("2013-10-01", area_code="Nottingham"),
        still_open("2014-06-01", "2014-06-24"),
    ]
    observations = counted(tmp_path, EPISODE, *changes)
    period = "2013/14-Q3"
    assert total(observations, "early_help_open", period)[0] == 5
    parts = {
        "level 1": 2,
        "level 2": 2,
        "not recorded": 1,
        "0 to 12 weeks": 2,
        "13 to 25 weeks": 1,
        "26 to 51 weeks": 1,
        "52 weeks or more": 1,
        "level 1, 0 to 12 weeks": 2,
        "level 2, 13 to 25 weeks": 1,
        "level 2, 26 to 51 weeks": 1,
        "not recorded, 52 weeks or more": 1,
    }
    for part, count in parts.items():
        assert total(observations, "early_help_open", period, part) == (count, 5), part
    assert total(observations, "early_help_open_26_weeks", period) == (2, 5)
    assert total(observations, "early_help_open_26_weeks", period, "level 2") == (1, 2)
    ends = observations.query("indicator_id == 'early_help_open'")["period"].max()
    assert ends == "2014/15-Q1"  # the quarter of 24 June ends within the days that are let pass


def test_closed_episodes_are_counted_by_reason_and_steps(tmp_path):
    reasons = ["needs met", "stepped up", "stepped up", "stepped down", "other"]
    changes = [{"opened_date": "2012-06-01", "closed_date": "2012-07-01"}]
    changes += [{"closed_date": "2013-12-02", "closure_reason": reason} for reason in reasons]
    observations = counted(tmp_path, EPISODE, *changes)
    period = "2013/14-Q3"
    assert total(observations, "early_help_closed", period)[0] == 5
    part = total(observations, "early_help_closed", period, "stepped up to social care")
    assert part == (2, 5)
    assert total(observations, "early_help_stepped_up", period) == (2, 5)
    assert total(observations, "early_help_stepped_down", period) == (1, 5)


def test_returns_and_changes_of_level_follow_a_child_from_episode_to_episode(tmp_path):
    def episodes(child: str, *days: tuple[str, str, str]) -> list[dict]:
        return [
            still_open(first, last, need_level=level, child_id=child) for first, last, level in days
        ]

    changes = episodes("begin", ("2012-01-01", "2012-02-01", "1"))
    changes += episodes("up", ("2013-01-01", "2013-03-01", "1"), ("2013-10-05", "", "3"))
    changes += episodes("late", ("2012-03-01", "2012-09-01", "2"), ("2013-10-05", "", "2"))
    changes += episodes("other", ("2013-02-01", "2013-06-01", ""), ("2013-11-05", "", "2"))
    changes += episodes("both", ("2013-06-01", "", "2"), ("2013-11-05", "", "1"))
    observations = counted(tmp_path, EPISODE, *changes, still_open("2013-12-05", child_id="new"))
    period = "2013/14-Q3"
    assert total(observations, "early_help_returns", period) == (2, 5)
    assert total(observations, "early_help_level_changes", period)[0] == 3
    for part in ("level 1 to level 3", "level 2 to level 2", "level 2 to level 1"):
        assert total(observations, "early_help_level_changes", period, part) == (1, 3)


def test_weeks_followed_end_at_closing_or_with_the_quarter(tmp_path):
    changes = [
        still_open("2012-01-01", "2012-02-01"),  # the records begin; opened too long ago to count
        still_open("2013-10-01", "2013-10-01"),  # the day it opened: the first week
        still_open("2013-10-01", "2013-10-08"),  # 7 days: still the first
        still_open("2013-10-01", "2013-10-09"),  # 8 days: the second
        still_open("2013-12-16"),  # 15 days to the end: followed for 2 whole weeks
        still_open("2013-12-16", "2013-12-31"),  # closed in its third, which is not seen whole
        still_open("2013-12-10", "2014-01-20"),  # 21 days: 3 weeks; closes later
        still_open("2014-03-20"),
    ]
    observations = counted(tmp_path, EPISODE, *changes)
    period = "2013/14-Q3"
    assert total(observations, "early_help_weeks", period) == (3, 6)
    assert total(observations, "early_help_weeks", period, "week 01") == (2, 2)
    assert total(observations, "early_help_weeks", period, "week 02") == (1, 3)
    assert total(observations, "early_help_weeks", period, "week 03") == (0, 1)
    assert total(observations, "early_help_weeks", period, "level 2, week 02") == (1, 3)


def test_audits_adequate_or_better_are_out_of_those_with_a_judgement(tmp_path):
    audit = {
        "audit_id": "Q",
        "audit_date": "2013-11-04",
        "service": "children's social care",
        "judgement": "good",
        "area_code": ASHFIELD,
    }
    words = ["outstanding", "good", "adequate", "requires improvement", "inadequate", ""]
    changes = [{"judgement": word} for word in words]
    changes += [{"judgement": word, "service": "early help"} for word in ("good", "inadequate")]
    observations = counted(tmp_path, audit, *changes)
    period = "2013/14-Q3"
    assert total(observations, "quality_audits_adequate", period) == (4, 5)
    assert total(observations, "audits_adequate", period) == (5, 7)
    assert total(observations, "audits_adequate", period, "early help services") == (1, 2)
    assert total(observations, "quality_audits", period)[0] == 8
    assert total(observations, "quality_audits", period, "not recorded") == (1, 8)


def test_age_bands_end_where_they_say(tmp_path):
    changes = [{"age": str(age)} for age in range(19)]
    observations = counted(tmp_path, ENQUIRY, *changes)
    parts = observations.query("category_type == 'age' and indicator_id == 'mash_enquiries'")
    found = parts[parts["area_code"] == ASHFIELD].set_index("category")["numerator"].to_dict()
    assert found == {"0-4": 5, "5-9": 5, "10-15": 6, "16-17": 2}
    assert (parts["age"] == parts["category"]).all()


def test_records_left_out_are_described(tmp_path):
    changes = [{}, {"area_code": "Nottingham"}, {"age": "19"}, {"outcome_date": "2013-12-20"}]
    extract = read_cases(write(tmp_path, ENQUIRY, *changes))
    extract.frame.to_parquet(tmp_path / "mash_enquiries.parquet", index=False)
    said = describe_cases(tmp_path, AREAS)["mash_enquiries"]
    assert (said["records"], said["elsewhere"], said["grown_up"]) == (4, 1, 1)
    assert said["as_at"] == "2013-12-20"
    assert "as at 20 December 2013" in said["note"]
    assert "outside Nottinghamshire" in said["note"]
