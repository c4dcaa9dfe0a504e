"""Periods: each calendar's days, labels in one form, and what is refused."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ehlib.load.periods import (
    CALENDARS,
    Period,
    earlier_quarter,
    in_words,
    parse_period,
    parse_quarter,
    quarter_of,
)

days = st.dates(min_value=date(1900, 4, 1), max_value=date(2099, 3, 31))
years = st.integers(min_value=1900, max_value=2096)


def attempt(text: str, calendar: str) -> Period | str:
    """Period that a text means, or the words in which it is refused."""
    try:
        return parse_period(text, calendar)
    except ValueError as error:
        return str(error)


@pytest.mark.parametrize(
    ("calendar", "written", "label", "start", "end"),
    [
        ("calendar_year", "2011", "2011", "2011-01-01", "2011-12-31"),
        ("financial_year", "2012/13", "2012/13", "2012-04-01", "2013-03-31"),
        ("financial_year", "2012-13", "2012/13", "2012-04-01", "2013-03-31"),
        ("financial_year", "2012/2013", "2012/13", "2012-04-01", "2013-03-31"),
        ("financial_year", "1999/00", "1999/00", "1999-04-01", "2000-03-31"),
        ("financial_year", "1999/2000", "1999/00", "1999-04-01", "2000-03-31"),
        ("financial_year", " 2012/13\u00a0", "2012/13", "2012-04-01", "2013-03-31"),
        ("academic_year", "2012/13", "2012/13", "2012-09-01", "2013-08-31"),
        ("academic_year", "2011 / 12", "2011/12", "2011-09-01", "2012-08-31"),
        ("financial_quarter", "2013/14-Q1", "2013/14-Q1", "2013-04-01", "2013-06-30"),
        ("financial_quarter", "2013/14-Q2", "2013/14-Q2", "2013-07-01", "2013-09-30"),
        ("financial_quarter", "2013-14-Q3", "2013/14-Q3", "2013-10-01", "2013-12-31"),
        ("financial_quarter", "2013/14 q4", "2013/14-Q4", "2014-01-01", "2014-03-31"),
        ("financial_quarter", "2015/16-Q4", "2015/16-Q4", "2016-01-01", "2016-03-31"),
        ("three_calendar_years", "2008 to 2010", "2008 to 2010", "2008-01-01", "2010-12-31"),
        ("three_calendar_years", "2008-10", "2008 to 2010", "2008-01-01", "2010-12-31"),
        ("three_calendar_years", "1998\u20132000", "1998 to 2000", "1998-01-01", "2000-12-31"),
        ("mid_year", "2013", "2013", "2013-06-30", "2013-06-30"),
        ("mid_year", "mid-2013", "2013", "2013-06-30", "2013-06-30"),
        ("mid_year", "2013-06-30", "2013", "2013-06-30", "2013-06-30"),
        ("release", "2019", "2019", "2019-12-31", "2019-12-31"),
        ("release", "IMD 2019", "2019", "2019-12-31", "2019-12-31"),
        ("calendar_year", "2011.0", "2011", "2011-01-01", "2011-12-31"),
        ("calendar_year", "Jan-Dec 2011", "2011", "2011-01-01", "2011-12-31"),
        ("financial_year", "201213", "2012/13", "2012-04-01", "2013-03-31"),
        ("financial_year", "FY2013-14", "2013/14", "2013-04-01", "2014-03-31"),
        ("financial_year", "2012 to 2013", "2012/13", "2012-04-01", "2013-03-31"),
        ("financial_year", "April 2013 to March 2014", "2013/14", "2013-04-01", "2014-03-31"),
        ("financial_year", "Year ending 31 March 2014", "2013/14", "2013-04-01", "2014-03-31"),
        ("financial_year", "2014-03-31", "2013/14", "2013-04-01", "2014-03-31"),
        ("academic_year", "AY 2013/14", "2013/14", "2013-09-01", "2014-08-31"),
        ("academic_year", "2013/14 academic year", "2013/14", "2013-09-01", "2014-08-31"),
        ("academic_year", "Sep 2013 - Aug 2014", "2013/14", "2013-09-01", "2014-08-31"),
        ("financial_quarter", "Q3 2013/14", "2013/14-Q3", "2013-10-01", "2013-12-31"),
        ("financial_quarter", "2013-14 Q3", "2013/14-Q3", "2013-10-01", "2013-12-31"),
        ("financial_quarter", "201314Q3", "2013/14-Q3", "2013-10-01", "2013-12-31"),
        ("financial_quarter", "Oct-Dec 2013", "2013/14-Q3", "2013-10-01", "2013-12-31"),
        ("financial_quarter", "January to March 2014", "2013/14-Q4", "2014-01-01", "2014-03-31"),
        ("financial_quarter", "31/12/2013", "2013/14-Q3", "2013-10-01", "2013-12-31"),
        ("financial_quarter", "41639", "2013/14-Q3", "2013-10-01", "2013-12-31"),
        ("three_calendar_years", "2011 - 13", "2011 to 2013", "2011-01-01", "2013-12-31"),
        ("three_calendar_years", "2011-13", "2011 to 2013", "2011-01-01", "2013-12-31"),
        (
            *("three_financial_years", "2016/17 - 18/19", "2016/17 to 2018/19"),
            *("2016-04-01", "2019-03-31"),
        ),
    ],
)
def test_a_label_means_these_days_in_its_calendar(calendar, written, label, start, end):
    period = parse_period(written, calendar)
    assert (period.label, period.calendar) == (label, calendar)
    assert (period.start, period.end) == (date.fromisoformat(start), date.fromisoformat(end))


@pytest.mark.parametrize(
    ("calendar", "written"),
    [
        ("calendar_year", ""),
        ("calendar_year", "2012/13"),
        ("calendar_year", "20111"),
        ("calendar_year", "0000"),
        ("calendar_year", "9999"),
        ("calendar_year", "2O11"),
        ("financial_year", "2012"),
        ("financial_year", "2012/14"),
        ("financial_year", "2012/12"),
        ("financial_year", "2012/1913"),
        ("financial_year", "2012/2113"),
        ("financial_year", "9999/00"),
        ("financial_year", "0000/01"),
        ("financial_year", "2013/14-Q3"),
        ("financial_year", "Dec-13"),
        ("academic_year", "201214"),
        ("academic_year", "FY2013-14"),
        ("financial_year", "2011-12-01"),  # what a spreadsheet makes of 2011-12
        ("financial_year", "Dec-11"),
        ("financial_year", "01/04/2013"),
        ("financial_quarter", "Q3 2013"),  # of the calendar or the financial year?
        ("financial_quarter", "2013-10-01"),
        ("financial_quarter", "2013-12-15"),
        ("financial_year", "2014-03-01"),  # Mar-14
        ("calendar_year", "Apr-Dec 2013"),
        ("calendar_year", "2013-01-01"),
        ("three_calendar_years", "2012-13"),
        ("three_financial_years", "2016/17 to 2017/18"),
        ("financial_quarter", "2013/14"),
        ("financial_quarter", "2013/14-Q5"),
        ("financial_quarter", "2013/14-Q0"),
        ("financial_quarter", "2013/15-Q3"),
        ("financial_quarter", "2013/2114-Q3"),
        ("financial_quarter", "Q3"),
        ("three_calendar_years", "2008 to 2009"),
        ("three_calendar_years", "2008 to 1910"),
        ("three_calendar_years", "2008"),
        ("mid_year", "2013-07-01"),
        ("release", "2019/20"),
    ],
)
def test_a_label_of_another_kind_is_refused_with_what_was_found_and_wanted(calendar, written):
    with pytest.raises(ValueError, match=r"period is .*; expected .* such as") as refused:
        parse_period(written, calendar)
    assert repr(written) in str(refused.value)


def test_an_unknown_calendar_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match=r"calendar is 'fiscal'; expected one of calendar_year"):
        parse_period("2012/13", "fiscal")


@pytest.mark.parametrize("calendar", ["financial_year", "financial_quarter"])
def test_a_figure_from_april_is_a_period_of_its_own(calendar):
    period = parse_period("April to December 2013", calendar)
    assert (period.label, period.calendar) == ("Apr-Dec 2013", "year_to_date")
    assert (period.start, period.end) == (date(2013, 4, 1), date(2013, 12, 31))
    assert parse_period(period.label, calendar) == period


@pytest.mark.parametrize("written", ["2013/14-Q3", "2013-14-Q3", "2013/14 Q3"])
def test_three_ways_to_write_a_quarter_mean_the_same(written):
    assert parse_quarter(written) == parse_quarter("2013/14-Q3")
    assert parse_quarter(written).slug == "2013-14-Q3"


@settings(deadline=None)
@given(days)
def test_each_day_lies_in_the_one_quarter_that_is_named_for_it(day):
    quarter = quarter_of(day)
    assert quarter.start <= day <= quarter.end
    assert parse_quarter(quarter.label) == quarter
    assert quarter_of(quarter.start) == quarter_of(quarter.end) == quarter


@settings(deadline=None)
@given(days.filter(lambda day: day >= date(1901, 4, 1)), st.integers(0, 3))
def test_quarters_follow_each_other_without_gap(day, count):
    quarter = quarter_of(day)
    before = earlier_quarter(quarter)
    assert before.end + timedelta(days=1) == quarter.start
    assert earlier_quarter(quarter, count + 1) == earlier_quarter(before, count)


def test_a_quarter_four_before_is_the_same_quarter_of_the_year_before():
    assert earlier_quarter(parse_quarter("2013/14-Q3"), 4) == parse_quarter("2012/13-Q3")
    assert earlier_quarter(parse_quarter("2013/14-Q3"), 0) == parse_quarter("2013/14-Q3")


@settings(deadline=None)
@given(years)
def test_years_of_every_calendar_follow_each_other_and_labels_sort_as_their_days(year):
    for calendar in ("financial_year", "academic_year"):
        first = parse_period(f"{year}/{(year + 1) % 100:02d}", calendar)
        second = parse_period(f"{year + 1}/{(year + 2) % 100:02d}", calendar)
        assert first.end + timedelta(days=1) == second.start
        assert first.label < second.label


@settings(deadline=None)
@given(st.sampled_from(sorted(CALENDARS)), st.text(max_size=12))
def test_any_text_gives_a_period_that_reads_itself_or_is_refused_in_words(calendar, text):
    period = attempt(text, calendar)
    if isinstance(period, str):
        assert "; expected " in period
    else:
        assert period == parse_period(period.label, calendar)
        assert period.start <= period.end
        assert not set(period.slug) & set('/\\ :*?"<>|')


@pytest.mark.parametrize(
    ("label", "calendar", "words"),
    [
        ("2013/14-Q3", "financial_quarter", "October to December 2013"),
        ("2013/14-Q4", "financial_quarter", "January to March 2014"),
        ("2012/13", "academic_year", "the 2012/13 school year"),
        ("2012/13", "financial_year", "2012/13"),
        ("2013", "mid_year", "mid-2013"),
        ("2019", "release", "the 2019 edition"),
        ("2008 to 2010", "three_calendar_years", "2008 to 2010"),
    ],
)
def test_a_period_in_words(label, calendar, words):
    assert in_words(parse_period(label, calendar)) == words
