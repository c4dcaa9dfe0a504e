"""The synthetic sample: calibrated to the plan, marked, the same every time."""

import tomllib
from pathlib import Path

import pandas as pd
import pytest

from ehlib.load.cases import read_cases
from ehlib.load.sample import write_sample

WORDS = Path(__file__).resolve().parents[1] / "data" / "reference" / "case_words.toml"
ASHFIELD, MANSFIELD, RUSHCLIFFE = "E07000170", "E07000174", "E07000176"
NO_ACTION = "no further action"


@pytest.fixture(scope="module")
def paths(tmp_path_factory) -> list[Path]:
    return write_sample(tmp_path_factory.mktemp("sample"))


@pytest.fixture(scope="module")
def enquiries(paths) -> pd.DataFrame:
    return pd.read_csv(paths[0], parse_dates=["received_date", "outcome_date"])


@pytest.fixture(scope="module")
def episodes(paths) -> pd.DataFrame:
    return pd.read_csv(paths[1], parse_dates=["opened_date", "closed_date"])


def quarters(days: pd.Series) -> pd.Series:
    """Last year of the financial year, and the quarter, of each day."""
    return days.dt.to_period("Q-MAR")


def test_enquiries_of_april_to_december_2013_are_those_the_plan_prints(enquiries):
    printed = enquiries[enquiries["received_date"].between("2013-04-01", "2013-12-31")]
    districts = printed["area_code"].value_counts()
    assert 13_662 <= len(printed) <= 13_938
    assert districts.index[0] == ASHFIELD
    assert 2_500 <= districts[ASHFIELD] <= 2_560
    assert districts.index[-1] == RUSHCLIFFE
    assert 870 <= districts[RUSHCLIFFE] <= 899
    assert districts.sum() == len(printed)
    assert districts.drop([ASHFIELD, RUSHCLIFFE]).between(1_500, 2_499).all()
    assert len(districts) == 7


def test_enquiries_are_received_from_april_2012_to_march_2015(enquiries):
    assert enquiries["received_date"].is_monotonic_increasing
    assert enquiries["received_date"].iloc[0] == pd.Timestamp("2012-04-01")
    assert enquiries["received_date"].iloc[-1] == pd.Timestamp("2015-03-31")
    assert quarters(enquiries["received_date"]).nunique() == 12


def test_same_seed_gives_same_bytes_and_another_seed_does_not(tmp_path):
    first, again, other = (
        [path.read_bytes() for path in write_sample(tmp_path / name, rows=700, seed=seed)]
        for name, seed in (("first", 1), ("again", 1), ("other", 2))
    )
    assert first == again
    assert first[0] != other[0]
    assert first[1] != other[1]


def test_default_sample_is_the_same_whenever_it_is_written(paths, tmp_path):
    again = write_sample(tmp_path / "again")
    assert [path.read_bytes() for path in again] == [path.read_bytes() for path in paths]


def test_lines_end_alike_on_every_system(paths):
    for path in paths:
        content = path.read_bytes()
        assert b"\r" not in content
        assert content.isascii()
        assert content.endswith(b"\n")


def test_each_row_is_marked_synthetic(enquiries, episodes):
    for records in (enquiries, episodes):
        assert (records["data_status"] == "synthetic").all()
        for column in records.columns[:2]:
            assert records[column].str.startswith("SYN-").all()
        assert records.iloc[:, 0].is_unique
        assert "postcode" not in records.columns


def test_sample_loads_without_fault_or_change(paths):
    kinds = ("mash_enquiries", "early_help_episodes", "quality_audits")
    for path, kind in zip(paths, kinds, strict=True):
        extract = read_cases(path)
        assert extract.kind == kind
        assert path.name == f"{kind}.csv"
        assert extract.faults.empty
        assert extract.rows_normalised == 0
        assert extract.rows_loaded == extract.rows_read == len(extract.frame) > 2_500


def test_words_are_those_of_the_reference_file(enquiries, episodes):
    words = tomllib.loads(WORDS.read_text(encoding="utf-8"))
    for records in (enquiries, episodes):
        for column in words.keys() & set(records.columns):
            assert set(records[column].dropna()) <= set(words[column])
    assert set(enquiries["outcome"].dropna()) == set(words["outcome"])
    # Council services are a source of Annex A alone.
    assert set(enquiries["source"]) == set(words["source"]) - {"council services"}
    assert set(episodes["closure_reason"].dropna()) == set(words["closure_reason"])
    assert set(episodes["process"]) == {"CAF", "other"}


def test_rows_scale_the_enquiries_and_keep_the_proportions(tmp_path, enquiries):
    path, other, audits = write_sample(tmp_path, rows=9_000)
    scaled = pd.read_csv(path, parse_dates=["received_date"])
    assert len(scaled) == 9_000
    share = scaled["area_code"].value_counts(normalize=True)
    wanted = enquiries["area_code"].value_counts(normalize=True)
    assert (share - wanted).abs().max() < 0.001
    printed = scaled["received_date"].between("2013-04-01", "2013-12-31").mean()
    assert printed == pytest.approx(13_800 / len(enquiries), abs=0.001)
    assert len(pd.read_csv(other)) == pytest.approx(9_000 * 12_240 / 56_147, rel=0.02)
    assert len(pd.read_csv(audits)) == pytest.approx(9_000 * 2_878 / 56_147, rel=0.02)


def test_one_row_can_be_asked_for(tmp_path):
    path, other, _ = write_sample(tmp_path / "new" / "folder", rows=1)
    assert len(pd.read_csv(path)) == 1
    assert len(pd.read_csv(other)) == 1


def test_no_rows_are_refused(tmp_path):
    with pytest.raises(ValueError, match="rows is 0; expected 1 or more"):
        write_sample(tmp_path, rows=0)


def test_holidays_and_weekends_are_quieter(enquiries):
    days = enquiries["received_date"]
    a_day = days.value_counts().groupby(lambda day: day.month).mean()
    assert a_day[8] < 0.88 * a_day.drop(8).min()
    by_weekday = days.dt.day_of_week.value_counts()
    assert by_weekday[[5, 6]].max() < 0.5 * by_weekday[[0, 1, 2, 3, 4]].min()
    christmas = days.between("2013-12-24", "2013-12-27").sum() / 4
    assert christmas < 0.5 * days.between("2013-12-02", "2013-12-13").sum() / 12
    schools = enquiries[enquiries["source"] == "schools"]["received_date"]
    assert (schools.dt.month == 8).mean() < 0.02


def test_enquiries_grow_from_year_to_year(enquiries):
    years = quarters(enquiries["received_date"]).dt.qyear.value_counts().sort_index()
    assert (years.pct_change().dropna().between(0.03, 0.15)).all()


def test_about_a_quarter_of_enquiries_are_about_a_child_known_for_a_year(enquiries):
    ordered = enquiries.sort_values(["child_id", "received_date"])
    days = ordered.groupby("child_id")["received_date"].diff().dt.days
    known_a_year = ordered["received_date"] >= "2013-04-01"
    assert 0.20 <= (days[known_a_year] <= 365).mean() <= 0.25
    assert enquiries["child_id"].value_counts().between(1, 20).all()


def test_a_child_keeps_sex_and_district_and_never_grows_younger(enquiries, episodes):
    together = pd.concat(
        [
            enquiries.rename(columns={"received_date": "day"}),
            episodes.rename(columns={"opened_date": "day"}),
        ]
    )
    children = together[["child_id", "sex", "area_code"]].drop_duplicates()
    assert children["child_id"].is_unique
    assert together["age"].between(0, 17).all()
    first = enquiries.groupby("child_id").agg(age=("age", "first"), day=("received_date", "first"))
    last = enquiries.groupby("child_id").agg(age=("age", "last"), day=("received_date", "last"))
    years = (last["day"] - first["day"]).dt.days / 365.25
    assert ((last["age"] - first["age"]) - years).abs().max() <= 1
    assert 0.47 < (enquiries["sex"] == "female").mean() < 0.50


def test_outcomes_follow_the_need_level(enquiries):
    shares = pd.crosstab(enquiries["need_level"], enquiries["outcome"], normalize="index")
    assert list(shares.index) == [1, 2, 3, 4]
    assert shares.loc[4, "children's social care"] > 0.85
    assert shares.loc[1, "children's social care"] == 0
    assert shares[NO_ACTION].is_monotonic_decreasing
    assert shares.loc[3, "early help services"] > 0.5
    levels = enquiries["need_level"].value_counts(normalize=True)
    assert levels.between(0.1, 0.45).all()


def test_outcomes_take_time_and_the_last_are_still_awaited(enquiries):
    wait = (enquiries["outcome_date"] - enquiries["received_date"]).dt.days
    assert wait.min() == 0
    means = wait.groupby(enquiries["need_level"]).mean()
    assert means.is_monotonic_decreasing
    assert means[4] < 1.5 < 4 < means[1]
    assert (enquiries["outcome"].isna() == enquiries["outcome_date"].isna()).all()
    waiting = enquiries.loc[enquiries["outcome"].isna(), "received_date"]
    assert 50 < len(waiting) < 1_000
    assert waiting.min() > pd.Timestamp("2014-12-31")
    not_urgent = enquiries[enquiries["need_level"] < 4]
    assert (not_urgent["outcome_date"].dropna().dt.day_of_week < 5).all()


def test_some_cells_are_small(enquiries):
    printed = enquiries[enquiries["received_date"].between("2013-10-01", "2013-12-31")]
    cells = printed.groupby(["area_code", "source", "need_level"]).size()
    assert (cells < 5).sum() > 20
    assert (cells >= 5).sum() > 100


def test_no_further_action_differs_by_district_and_becomes_rarer(enquiries):
    decided = enquiries.dropna(subset="outcome")
    none = decided["outcome"] == NO_ACTION
    districts = none.groupby(decided["area_code"]).mean()
    assert districts.max() - districts.min() > 0.06
    years = none.groupby(quarters(decided["received_date"]).dt.qyear).mean()
    assert years.is_monotonic_decreasing
    assert 0.02 < years.iloc[0] - years.iloc[-1] < 0.10


def test_deprived_districts_have_more_need(enquiries):
    high = (enquiries["need_level"] >= 3).groupby(enquiries["area_code"]).mean()
    assert high.idxmax() in (ASHFIELD, MANSFIELD)
    assert high.idxmin() == RUSHCLIFFE


def test_episodes_are_plausible(episodes, enquiries):
    years = quarters(episodes["opened_date"]).dt.qyear.value_counts()
    assert len(years) == 3
    assert years.between(3_500, 4_500).all()
    closed = episodes.dropna(subset="closed_date")
    assert (closed["closed_date"] > closed["opened_date"]).all()
    assert (episodes["closed_date"].isna() == episodes["closure_reason"].isna()).all()
    assert 0.1 < episodes["closed_date"].isna().mean() < 0.3
    assert set(episodes["need_level"]) == {1, 2, 3}
    length = (closed["closed_date"] - closed["opened_date"]).dt.days.groupby(closed["need_level"])
    assert length.median().is_monotonic_increasing
    known = episodes["child_id"].isin(enquiries["child_id"])
    assert 0.3 < known.mean() < 0.5
    met = (closed["closure_reason"] == "needs met").groupby(closed["area_code"]).mean()
    assert 0.5 < met.min() < met.max() - 0.06 < 0.7


def test_episodes_after_an_enquiry_open_later_than_its_outcome(episodes, enquiries):
    helped = enquiries[enquiries["outcome"] == "early help services"]
    first = helped.groupby("child_id")["outcome_date"].min()
    known = episodes[episodes["child_id"].isin(enquiries["child_id"])]
    assert known["child_id"].isin(first.index).all()
    assert (known["opened_date"] > known["child_id"].map(first)).all()


@pytest.fixture(scope="module")
def audits(paths) -> pd.DataFrame:
    return pd.read_csv(paths[2], parse_dates=["audit_date"])


def test_audits_are_marked_and_made_on_working_days_of_every_quarter(audits):
    assert (audits["data_status"] == "synthetic").all()
    assert audits["audit_id"].str.startswith("SYN-").all()
    assert audits["audit_id"].is_unique
    assert (audits["audit_date"].dt.day_of_week < 5).all()
    assert audits["audit_date"].is_monotonic_increasing
    assert quarters(audits["audit_date"]).value_counts().between(180, 300).all()
    assert audits["area_code"].nunique() == 7


def test_judgements_of_audits_are_plausible_and_improve(audits):
    words = tomllib.loads(WORDS.read_text(encoding="utf-8"))
    assert set(audits["service"]) == set(words["service"]) - {"youth services", "other"}
    assert set(audits["judgement"]) == set(words["judgement"]) - {"requires improvement"}
    well = audits["judgement"] != "inadequate"
    assert well.groupby(audits["service"]).mean().between(0.65, 0.95).all()
    years = well.groupby(quarters(audits["audit_date"]).dt.qyear).mean()
    assert years.iloc[-1] > years.iloc[0]
    levels = audits["judgement"].value_counts(normalize=True)
    assert levels["outstanding"] < 0.1
