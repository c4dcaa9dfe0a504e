"""Policies on small numbers: what the file says, what is refused, and how the stricter wins."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ehlib.load.areas import read_areas
from ehlib.load.indicators import read_indicators
from ehlib.load.schema import SourceError
from ehlib.measure.disclosure import FIGURES, Release, protect
from ehlib.measure.disclosure.policy import PATH, SCHEMES, Policies, read_policies, stricter

TEXT = PATH.read_text(encoding="utf-8")


def changed(tmp_path: Path, old: str, new: str, *, times: int = 1) -> Path:
    assert old in TEXT
    path = tmp_path / "disclosure.toml"
    path.write_text(TEXT.replace(old, new, times), encoding="utf-8")
    return path


def test_the_default_is_that_of_the_design():
    """Design section 7: counts 1-4 of case records hidden, zeros shown; published as they are."""
    policies = read_policies()
    case, published = policies.classes["case"], policies.classes["published"]
    assert (case.scheme, case.threshold, case.zeros_shown) == ("suppress", 5, True)
    assert published.scheme == "as_published"
    assert set(case.falls_with) == set(FIGURES)


@pytest.mark.parametrize("data_class", ["published", "official", "case"])
def test_every_rule_names_its_authority(data_class):
    policy = read_policies().classes[data_class]
    assert {"scheme", "threshold", "zeros_shown"} <= set(policy.authority)
    assert all(len(words) > 5 for words in policy.authority.values())


@pytest.mark.parametrize(
    ("name", "scheme", "threshold", "round_to"), [("dfe", "suppress", 6, 1), ("nhs", "round", 8, 5)]
)
def test_one_edit_gives_another_authoritys_rule(tmp_path, name, scheme, threshold, round_to):
    """DfE hides 1 to 5; NHS England hides 1 to 7 and rounds the others to the nearest 5."""
    path = changed(tmp_path, 'case = "local"', f'case = "{name}"')
    policy = read_policies(path).classes["case"]
    assert (policy.scheme, policy.threshold, policy.round_to) == (scheme, threshold, round_to)


def test_the_stricter_of_each_rule_wins_where_data_are_mixed(tmp_path):
    policies = read_policies(changed(tmp_path, 'official = "own"', 'official = "nhs"'))
    mixed = policies.of(["case", "official", "published"])
    assert (mixed.scheme, mixed.threshold, mixed.round_to) == ("suppress", 8, 5)
    assert mixed == policies.of(["published", "official", "case", "case"])
    local, nhs = policies.classes["case"], policies.classes["official"]
    both = stricter(local, nhs)
    assert SCHEMES.index(both.scheme) >= max(SCHEMES.index(each.scheme) for each in (local, nhs))
    assert stricter(local, local) is local


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "threshold = 5 ",
            'threshold = "5"',
            "policy.local, threshold: found '5'; expected a whole",
        ),
        ("threshold = 5 ", "threshold = true", "threshold: found True; expected a whole number"),
        ("threshold = 5 ", "threshold = 1", "threshold: found 1; expected 2 or more"),
        ("width = 0", "width = -1", "width: found -1; expected a whole number from 0"),
        ('case = "local"', 'case = "locla"', "classes, case: found 'locla'; expected one of open"),
        ('official = "own"', "", "classes, official: found 'nothing'; expected text"),
        ('scheme = "suppress"', 'scheme = "hide"', "scheme: found 'hide'; expected one of as_pub"),
        ("round_to = 5", "round_to = 0", "policy.nhs, round_to: found 0; expected a whole number"),
        ("dominant_share = 1.0", "dominant_share = 70", "found 70; expected a share above 0"),
        ("remainders = true", "remainder = true", "remainder: found True; expected one of scheme"),
        (
            '"value", "lower_ci"',
            '"lower_ci"',
            "falls_with: found ['numerator', 'denominator', 'low",
        ),
        ('width = "None asked"', 'width = " "', "dfe.authority, width: found ' '; expected who"),
        ('width = "None asked"', "", "authority, width: found 'nothing'; expected text"),
        ('figure = "numerator"', 'figure = "value"', "link 1, figure: found 'value'; expected num"),
        ('categories = ["no further action"]', "", "link 1, categories: found ''; expected either"),
        ("until = 2014-04-01", 'until = "2014"', "until: found '2014'; expected a date such as"),
        ("[classes]", "[klasses]", "table file, classes: found 'nothing'; expected a table"),
        ("[classes]", "[classes", "disclosure.toml: "),
    ],
)
def test_a_wrong_file_is_refused_with_the_place(tmp_path, old, new, said):
    with pytest.raises(SourceError) as refused:
        read_policies(changed(tmp_path, old, new))
    assert str(refused.value).startswith("disclosure.toml")
    assert said in str(refused.value)


def figures(counts: list[tuple[float, float]]) -> pd.DataFrame:
    """Percentages of needs met of one county, quarter after quarter."""
    starts = pd.date_range("2012-04-01", periods=len(counts), freq="QS")
    frame = pd.DataFrame(counts, columns=["numerator", "denominator"], dtype=float)
    frame = frame.assign(
        indicator_id="needs_met",
        area_code="E10000024",
        period=[f"Q{number}" for number in range(len(counts))],
        period_start=starts,
        period_end=starts + pd.offsets.QuarterEnd(startingMonth=3),
        value=50.0,
        value_note="",
    )
    words = {"sex": "persons", "age": "0-17", "category_type": "", "category": ""}
    return frame.assign(**words, lower_ci=1.0, upper_ci=99.0)


def shown(frame: pd.DataFrame, policies: Policies) -> pd.DataFrame:
    return protect(Release(frame, read_areas(), read_indicators(), policies)).frame


def test_another_threshold_hides_more(tmp_path):
    frame = figures([(5, 50), (6, 50), (5, 5)])
    assert shown(frame, read_policies())["numerator"].isna().tolist() == [False] * 3
    dfe = read_policies(changed(tmp_path, 'case = "local"', 'case = "dfe"'))
    assert shown(frame, dfe)["numerator"].isna().tolist() == [True, False, True]


def test_the_nhs_rule_rounds_to_5_and_hides_1_to_7(tmp_path):
    """Hospital Episode Statistics: 0 is shown, 1 to 7 are not, others go to the nearest 5."""
    nhs = read_policies(changed(tmp_path, 'case = "local"', 'case = "nhs"'))
    frame = figures([(0, 50), (1, 50), (7, 50), (8, 50), (12, 52), (13, 53), (47, 52)])
    found = shown(frame, nhs)
    expected = [0, np.nan, np.nan, 10, 10, 15, np.nan]  # the last leaves 5 of 52 over
    np.testing.assert_array_equal(found["numerator"], expected)
    np.testing.assert_array_equal(found["denominator"], [50, np.nan, np.nan, 50, 50, 55, np.nan])
    assert found[["value", "lower_ci", "upper_ci"]].isna().all(axis=None)
    noted = found["value_note"].str.contains("suppressed")
    assert noted.tolist() == found["numerator"].isna().tolist()


def test_a_width_hides_more_around_a_small_count(tmp_path):
    """A reader must think that 3 could be 13: other percentages of its quarter do not matter."""
    wide = read_policies(changed(tmp_path, "width = 0 ", "width = 10 "))
    assert wide.classes["case"].width == 10
    assert shown(figures([(3, 50), (20, 50)]), wide)["numerator"].isna().tolist() == [True, False]


def test_all_of_a_few_are_hidden_where_the_policy_asks_it(tmp_path):
    few = read_policies(changed(tmp_path, "certain_share_below = 0", "certain_share_below = 10"))
    found = shown(figures([(9, 9), (0, 9), (10, 10), (5, 10)]), few)
    assert found["numerator"].isna().tolist() == [True, True, False, False]


def test_a_dominant_share_is_hidden_where_the_policy_asks_it(tmp_path):
    text = TEXT.replace("dominant_share = 1.0", "dominant_share = 0.8", 1)
    path = tmp_path / "disclosure.toml"
    path.write_text(text.replace("dominant_below = 0", "dominant_below = 40", 1), encoding="utf-8")
    found = shown(figures([(30, 35), (28, 35), (45, 50)]), read_policies(path))
    assert found["numerator"].isna().tolist() == [True, False, False]
