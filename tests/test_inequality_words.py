"""Sentences, captions and tables on inequality, profiles and clusters, read for sense."""

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import box

from ehlib.load.areas import read_areas
from ehlib.load.indicators import read_indicators
from ehlib.measure.inequality import Gradient, deprivation_gradient
from ehlib.measure.profile import profile_measures, rug, spine
from ehlib.measure.rates import add_measures, proportion, rate
from ehlib.measure.spatial.clusters import filter_neighbourhoods, find_clusters, local_clusters
from ehlib.measure.spc.funnel import add_funnel, funnel_curve, funnel_limits
from ehlib.show.figures import clusters, deprivation, places, spread

NAN = np.nan
AREAS = read_areas()
INDICATORS = read_indicators()
RATE = INDICATORS["under18_conceptions"]
SHARE = INDICATORS["eyfs_good_development"]
CODES, NAMES = AREAS.codes("district"), [AREAS.name(code) for code in AREAS.codes("district")]
EVENTS, GIRLS = [61, 56, 28, 48, 68, 55, 24], [2179, 2154, 1854, 2043, 1894, 1971, 1935]
SCORES = [24.6, 21.6, 15.0, 15.5, 29.6, 18.0, 8.0]
NOBODY = pd.DataFrame({"area_code": [], "denominator": []})


def districts(events=EVENTS, people=GIRLS, *, method=rate, **columns):
    count, out_of = np.array(events, dtype="float64"), np.array(people, dtype="float64")
    value, lower, upper = method(count, out_of)
    frame = pd.DataFrame(
        {
            "indicator_id": RATE.id,
            "area_code": CODES[: len(count)],
            "area_name": NAMES[: len(count)],
            "area_type": "district",
            "period": "2013",
            "period_start": pd.Timestamp("2013-01-01"),
            "numerator": count,
            "denominator": out_of,
            "value": value,
            "lower_ci": lower,
            "upper_ci": upper,
            "benchmark_value": 24.3,
            "benchmark_name": "England",
            "category_type": "",
            "category": "",
            "sex": "female",
            "age": "15-17",
            "value_note": "",
        }
    )
    return frame.assign(**columns)


def scored(codes=CODES, scores=SCORES, kind="district", derived=""):
    county = {"county_code": AREAS.county.code, "edition": "2010", "derived_how": derived}
    return pd.DataFrame({"area_code": codes, "area_type": kind, "score": scores}).assign(**county)


def test_a_pair_that_differs_among_districts_that_do_not_is_called_weak_evidence():
    # ONS, Conceptions 2017, table 7, under 16, 2015 to 2017; scipy.stats.chisquare gives p = 0.06
    counts = [29, 14, 16, 20, 14, 18, 7]
    girls = [6042, 5385, 4706, 5405, 4516, 5625, 5385]
    rows = districts(counts, girls)
    assert spread.gap(rows, RATE).endswith(spread.ONE_PAIR)
    assert "p = 0.06" in spread.spread_sentence(rows, RATE)
    assert spread.ONE_PAIR not in spread.gap(districts(), RATE)


def test_a_finding_names_the_districts_it_hangs_on_and_the_caption_whose_populations():
    found = replace(gradient(districts()), turns_on=("Rushcliffe",))
    said = deprivation.gradient_sentence(found, AREAS)
    assert said.endswith("That hangs on one district: it changes when Rushcliffe is left out.")
    several = replace(found, turns_on=("Ashfield", "Newark and Sherwood"))
    assert deprivation.gradient_sentence(several, AREAS).endswith(
        "it changes when any one of Ashfield, and Newark and Sherwood is left out."
    )
    borrowed = replace(found, borrowed=True)
    assert deprivation.BORROWED in deprivation.gradient_caption(borrowed, AREAS)
    assert "Children aged 0 to 17" in deprivation.groups_table(borrowed)
    assert "Population" in deprivation.groups_table(found)
    percent = INDICATORS["children_relative_low_income_percent"]
    income = replace(found, indicator=percent, period="2021/22")
    assert deprivation.BUILT_IN in deprivation.gradient_caption(income, AREAS)
    assert deprivation.BUILT_IN not in deprivation.gradient_caption(found, AREAS)


def gradient(rows, indicator=RATE, scores=None, **options):
    given = {"areas": AREAS, "quarter": "2013/14-Q3", "people": NOBODY} | options
    return deprivation_gradient(
        rows, indicator, scores=scored() if scores is None else scores, **given
    )


WHO = "In 2013, across the 7 districts of Nottinghamshire"
ENDS = "at the most deprived end of the fitted line"
SENTENCES = {
    "the more deprived the higher": (
        lambda: deprivation.gradient_sentence(gradient(districts()), AREAS),
        f"{WHO}, the more deprived the higher: 36.2 per 1,000 {ENDS}, 12.3 per 1,000 at the least "
        "deprived (slope index 24.0, 95% limits 14.7 to 33.2).",
    ),
    "the more deprived the lower": (
        lambda: deprivation.gradient_sentence(
            gradient(
                districts([700, 750, 800, 790, 640, 760, 850], [1000] * 7, method=proportion),
                replace(SHARE, calendar="calendar_year"),
            ),
            AREAS,
        ),
        f"{WHO}, the more deprived the lower: 64.7% {ENDS}, 86.4% at the least deprived "
        "(slope index -21.7, 95% limits -25.2 to -18.3).",
    ),
    "no clear gradient": (
        lambda: deprivation.gradient_sentence(gradient(districts([50] * 7, [2000] * 7)), AREAS),
        f"{WHO}, there is no clear gradient with deprivation (slope index 0.0, 95% limits -9.5 to "
        "9.5).",
    ),
    "without limits": (
        lambda: deprivation.gradient_sentence(
            gradient(districts(lower_ci=NAN, upper_ci=NAN)), AREAS
        ),
        f"{WHO}: 36.2 per 1,000 {ENDS}, 12.3 per 1,000 at the least deprived, 24.0 per 1,000 "
        "apart, without limits, so that chance cannot be ruled out.",
    ),
    "no gradient": (lambda: deprivation.gradient_sentence(Gradient(pd.DataFrame()), AREAS), ""),
    "districts differ": (
        lambda: spread.spread_sentence(districts(), RATE),
        "The 7 districts differ by more than chance would explain (chi-squared 30.9 on 6 "
        "degrees of freedom).",
    ),
    "districts alike": (
        lambda: spread.spread_sentence(districts([50] * 7, [2000] * 7), RATE),
        "Taken all together, the 7 districts do not differ by clearly more than chance "
        "(chi-squared 0.0 on 6 degrees of freedom, p = 1.00).",
    ),
    "nothing to test": (
        lambda: spread.spread_sentence(districts(numerator=NAN, lower_ci=NAN, upper_ci=NAN), RATE),
        "",
    ),
    "funnel": (
        lambda: spread.funnel_sentence(add_funnel(districts(), RATE), RATE),
        "Around England (24.3 per 1,000), Rushcliffe lies beyond the outer limits, and Broxtowe "
        "and Mansfield between the inner and the outer limits; the other 4 within them.",
    ),
    "funnel, one outside": (
        lambda: spread.funnel_sentence(
            add_funnel(districts([80, 48, 48, 48, 48, 48, 48], [2000] * 7), RATE), RATE
        ),
        "Around England (24.3 per 1,000), Ashfield lies beyond the outer limits; the other 6 "
        "within them.",
    ),
    "funnel, two inside": (
        lambda: spread.funnel_sentence(add_funnel(districts([66, 68, 48], [2000] * 3), RATE), RATE),
        "Around England (24.3 per 1,000), Ashfield and Bassetlaw lie between the inner and the "
        "outer limits; the other one within them.",
    ),
    "funnel, all within": (
        lambda: spread.funnel_sentence(add_funnel(districts([48] * 7, [2000] * 7), RATE), RATE),
        "All 7 districts lie within the limits that chance gives places of their size around "
        "England (24.3 per 1,000).",
    ),
    "no funnel": (
        lambda: spread.no_funnel(districts().head(0), districts(numerator=NAN), RATE),
        "No funnel is drawn: the numbers of children that the figures rest on are not held.",
    ),
    "no funnel, no benchmark": (
        lambda: spread.no_funnel(districts().head(0), districts(benchmark_value=NAN), RATE),
        "No funnel is drawn: no figure of England or the county is held to draw it about.",
    ),
    "no funnel of numbers": (
        lambda: spread.no_funnel(
            districts().head(0), districts(), INDICATORS["children_relative_low_income"]
        ),
        "No funnel is drawn: these are no rates or percentages of children.",
    ),
    "no districts, no funnel, no word": (
        lambda: spread.no_funnel(districts().head(0), districts().head(1), RATE),
        "",
    ),
}


@pytest.mark.parametrize(("said", "expected"), SENTENCES.values(), ids=SENTENCES)
def test_sentence_reads(said, expected):
    assert said() == expected


@pytest.mark.parametrize("expected", [each for _, each in SENTENCES.values() if each])
def test_sentence_is_one_well_formed_line(expected):
    assert expected[0].isupper()
    assert expected.endswith(".")
    assert "signific" not in expected
    assert not any(flaw in expected for flaw in ("  ", " ,", "..", "nan", "[x]"))


def test_captions_say_what_the_scores_are_and_what_few_places_cannot_show():
    made = gradient(districts(), scores=scored(derived="plain mean of LSOAs"))
    said = deprivation.gradient_caption(made, AREAS)
    assert "Index of Multiple Deprivation of 2010" in said
    assert "The score of each place is the plain mean of LSOAs." in said
    assert said.endswith("A line through so few places can turn on one of them.")
    one_gone = gradient(districts([NAN, *EVENTS[1:]]))
    assert "1 place without a figure or score was left out." in deprivation.gradient_caption(
        one_gone, AREAS
    )


def test_tables_of_a_gradient_hold_its_numbers_in_words():
    found = gradient(districts())
    groups = deprivation.groups_table(found)
    assert groups["District"].tolist()[0] == "Mansfield"
    assert groups["Number"].tolist()[0] == "68"
    indices = deprivation.indices_table(found).set_index("Measure")
    assert indices.loc["Slope index (SII)", "Value"] == "24.0 per 1,000"
    assert indices.loc["Range", "95% limits"] == "13.4 to 34.1"
    # by hand: 1 - (24 / 1,935) / (340 / 14,030), from the counts above
    share = 100 * (1 - (24 / 1935) / (sum(EVENTS) / sum(GIRLS)))
    assert indices.loc["Attributable share (PAR)", "Value"] == f"{share:.1f}%"


def test_no_share_is_attributed_where_more_is_better_and_no_limits_where_none_are_known():
    good = replace(RATE, polarity="high_is_good")
    assert len(deprivation.indices_table(gradient(districts(), good))) == 4
    bare = deprivation.indices_table(gradient(districts(lower_ci=NAN, upper_ci=NAN)))
    assert set(bare["95% limits"]) == {""}


def test_funnel_implies_populations_only_where_they_are_not_published():
    given = add_funnel(districts(), RATE)
    assert not given["implied"].any()
    implied = add_funnel(districts(denominator=NAN), RATE)
    assert implied["implied"].all()
    assert implied["denominator"].tolist() == pytest.approx(GIRLS)
    assert "worked out from the published counts" in spread.funnel_caption(implied, RATE)
    # seven independent places at one in twenty: 1 - 0.95^7
    assert "outside the inner ones 30 times in 100" in spread.funnel_caption(given, RATE)
    own = funnel_limits([1894], 24.3, "rate", 1000)
    place = given["area_name"] == "Mansfield"
    assert given.loc[place, "upper_998"].item() == pytest.approx(own["upper_998"].item())
    curve = funnel_curve(given, RATE)
    assert curve.index.min() < min(GIRLS) < max(GIRLS) < curve.index.max()


def test_without_england_the_funnel_stands_on_the_county():
    county = districts([340], [14_030]).assign(area_type="county", area_name="Nottinghamshire")
    rows = pd.concat([districts(), county], ignore_index=True).assign(benchmark_value=NAN)
    assert add_funnel(rows, RATE)["reference_name"].unique().tolist() == ["Nottinghamshire"]
    assert add_funnel(districts(benchmark_value=NAN), RATE).empty
    assert add_funnel(districts(numerator=NAN), RATE).empty


def observed(indicator_id, period, rows, kinds=("district", "england")):
    """Observations of one indicator: districts' counts, then England's."""
    codes = [*CODES[: len(rows) - 1], AREAS.england.code]
    frame = pd.DataFrame(rows, columns=["numerator", "denominator"]).astype("float64")
    return frame.assign(
        indicator_id=indicator_id,
        area_code=codes,
        area_name=[AREAS.name(code) for code in codes],
        area_type=[AREAS.type(code) for code in codes],
        period=period,
        period_start=pd.Timestamp(f"{period[:4]}-01-01"),
        sex="persons",
        age="all",
        category_type="",
        category="",
        value=NAN,
        lower_ci=NAN,
        upper_ci=NAN,
        value_note="",
    )


@pytest.fixture
def held():
    people = [*zip(EVENTS, GIRLS, strict=True), (24_300, 1_000_000)]
    weights = [(300 + 20 * place, 1000) for place in range(7)] + [(360_000, 1_000_000)]
    cases = observed("mash_enquiries", "2013/14-Q3", people)
    return pd.concat(
        [
            observed("under18_conceptions", "2012", people),
            observed("under18_conceptions", "2013", people),
            observed("excess_weight_year6", "2012/13", weights),
            cases,
        ],
        ignore_index=True,
    )


def test_profile_holds_the_latest_year_of_published_rates_that_england_has(held):
    found = profile_measures(held, INDICATORS, AREAS)
    assert list(dict.fromkeys(found["indicator_id"])) == [
        "excess_weight_year6",
        "under18_conceptions",
    ]
    assert set(found["period"]) == {"2013", "2012/13"}
    without = held[held["area_code"] != AREAS.england.code]
    assert profile_measures(without, INDICATORS, AREAS).empty


def test_spine_puts_better_on_the_right_whichever_way_is_good(held):
    measures = profile_measures(held, INDICATORS, AREAS)
    ashfield = spine(measures, CODES[0], AREAS).set_index("indicator_id")
    assert ashfield.loc["under18_conceptions", "position"] < 0  # 28.0 beside 24.3, lower is better
    assert ashfield.loc["excess_weight_year6", "position"] > 0  # 30% beside 36%, lower is better
    ends = ashfield[["worst", "best"]].abs().max(axis=1)
    assert ends.tolist() == pytest.approx([1, 1])
    assert ashfield["places"].tolist() == [7, 7]
    assert ashfield[["lower_quarter", "upper_quarter"]].isna().all(axis=None)


def test_spine_runs_over_all_of_england_where_its_districts_are_held(held):
    wide = held[held["indicator_id"] == "under18_conceptions"].query("period == '2013'")
    more = [
        wide.head(1).assign(area_code=f"E0600{place:04d}", area_type="unitary", numerator=place)
        for place in range(20, 100)
    ]
    measures = profile_measures(pd.concat([wide, *more]), INDICATORS, AREAS)
    found = spine(measures, CODES[4], AREAS)
    assert found["places"].item() == 87
    values = measures.query("area_type in ['district', 'unitary']")["value"]
    away = -(values - 24.3)
    scale = away.abs().max()
    assert found["lower_quarter"].item() == pytest.approx(np.quantile(away, 0.25) / scale)


def test_a_county_figure_stands_among_counties_never_alone_at_an_end(held):
    england = held[held["area_code"] == AREAS.england.code].query("period == '2013'").head(1)
    own = england.assign(
        area_code=AREAS.county.code, area_name="Nottinghamshire", area_type="county"
    )
    alone = pd.concat([england, own.assign(numerator=england["numerator"] * 1.5)])
    found = spine(profile_measures(alone, INDICATORS, AREAS), AREAS.county.code, AREAS)
    assert found["position"].isna().all()
    rows = places.spine_rows(found, INDICATORS)
    assert places.ALONE in places.spine_caption(rows)
    assert places.spine_table(rows, INDICATORS)["Places"].tolist() == [""]
    others = [
        own.assign(area_code=f"E{kind}0{place:05d}", area_type=name, numerator=place)
        for kind, name in (("10", "county"), ("06", "unitary"))
        for place in range(100, 140)
    ]
    wide = spine(
        profile_measures(pd.concat([alone, *others]), INDICATORS, AREAS), AREAS.county.code, AREAS
    )
    assert wide["places"].item() == 81


def test_rug_has_districts_first_and_only_indicators_that_have_them(held):
    found = rug(profile_measures(held, INDICATORS, AREAS), AREAS)
    assert found["area_code"].tolist() == CODES * 2
    cells = places.rug_cells(found, INDICATORS)
    assert cells["text"].iloc[-1] == "12.4"
    table = places.rug_table(cells, INDICATORS)
    assert table.columns.tolist() == ["Indicator", *NAMES, "England"]
    assert table["Indicator"].tolist()[1] == "Under 18 conceptions, per 1,000, 2013"
    assert table["Mansfield"].tolist()[1] == "\u2718 35.9"
    weak = places.rug_table(cells.assign(value_note="unreliable"), INDICATORS)
    assert weak["Mansfield"].tolist()[1] == "\u2718 35.9 [u]"


def test_rug_and_spine_read(held):
    cells = places.rug_cells(rug(profile_measures(held, INDICATORS, AREAS), AREAS), INDICATORS)
    said = places.rug_sentence(cells)
    assert said.startswith(
        "On the 2 indicators with limits, districts are, beyond chance, worse than England in "
    )
    assert "better in" in said
    assert "Of 14 comparisons, about 1 would differ by chance alone." in places.rug_caption(cells)
    hidden = cells.assign(comparison="not compared")
    assert "none with limits" in places.rug_sentence(hidden)
    assert places.rug_findings(cells.head(0), "2013/14-Q3") == [
        "No yearly indicator has a figure for a district and for England that had ended by 31 "
        "December 2013."
    ]
    rows = places.spine_rows(
        spine(profile_measures(held, INDICATORS, AREAS), CODES[4], AREAS), INDICATORS
    )
    assert places.spine_sentence(rows, "Mansfield").startswith("Mansfield is worse than England on")
    alike = rows.assign(comparison="similar")
    assert places.spine_sentence(alike, "Mansfield") == (
        "Mansfield is not clearly different from England on any of the 2 indicators with limits."
    )
    alike.loc[alike.index[0], "comparison"] = "not compared"
    assert places.spine_sentence(alike, "Mansfield") == (
        "Mansfield is not clearly different from England on the one indicator with limits; 1 "
        "indicator without limits cannot be compared."
    )
    assert places.spine_sentence(rows.assign(comparison="not compared"), "Mansfield") == (
        "2 indicators without limits cannot be compared with England: no difference is marked."
    )
    table = places.spine_table(rows, INDICATORS)
    assert table["Places"].tolist() == ["7", "7"]
    assert places.spine_table(rows, INDICATORS)["Compared with England"].iloc[1] == "worse"


def grid(side=10):
    """Squares beside each other, the left half high, with names of neighbourhoods."""
    cells = [(x, y) for x in range(side) for y in range(side)]
    shapes = gpd.GeoDataFrame(
        {
            "area_code": [f"E02{place:06d}" for place in range(len(cells))],
            "source": "Squares (invented). More.",
        },
        geometry=[box(x * 1000, y * 1000, x * 1000 + 1000, y * 1000 + 1000) for x, y in cells],
        crs="EPSG:27700",
    )
    names = [
        f"{'Mansfield' if x < side / 2 else 'Rushcliffe'} {place:03d}"
        for place, (x, _) in enumerate(cells)
    ]
    rows = pd.DataFrame(
        {
            "indicator_id": RATE.id,
            "area_code": shapes["area_code"],
            "area_name": names,
            "area_type": "msoa",
            "period": "2013",
            "period_start": pd.Timestamp("2013-01-01"),
            "category_type": "",
            "value": [50.0 - 2 * x + (y % 3) for x, y in cells],
            "numerator": NAN,
            "denominator": NAN,
        }
    )
    return shapes, rows


def test_neighbourhoods_alike_with_their_neighbours_are_found_and_named():
    shapes, rows = grid()
    found = find_clusters(rows, shapes)
    assert not found.reason
    kinds = found.areas.set_index("area_code")["cluster"]
    assert kinds.iloc[5] == "high among high"
    assert kinds.iloc[-5] == "low among low"
    said = clusters.cluster_sentence(found, RATE)
    high = (kinds == "high among high").sum()
    assert f"{high} lie in clusters of high figures, in Mansfield ({high})" in said
    ax = clusters.map_clusters(found, shapes.head(3))
    ax.figure.draw_without_rendering()
    legend = [text.get_text() for text in ax.figure.legends[0].get_texts()]
    assert legend[:2] == ["high among high", "low among low"]
    hatches = {patch.get_hatch() for patch in ax.figure.legends[0].get_patches()}
    assert len(hatches) >= 2  # not colour alone
    assert clusters.cluster_caption(found, RATE, shapes).endswith("Squares.")


def test_neighbourhoods_counted_by_another_definition_are_captioned_as_what_they_are():
    shapes, rows = grid()
    found = find_clusters(rows.assign(period="2021/22"), shapes)
    percent = INDICATORS["children_relative_low_income_percent"]
    shown = clusters.shown_as(found, percent, INDICATORS)
    said = clusters.cluster_caption(found, shown, shapes)
    assert said.startswith(
        "Number of children in relative low-income families, per 1,000 children aged 0 to 17"
    )
    assert "%" not in said.partition(":")[0]
    assert clusters.shown_as(found, RATE, INDICATORS) is RATE
    districts_alone = replace(found, level="district")
    assert clusters.shown_as(districts_alone, percent, INDICATORS) is percent


def test_noise_has_no_clusters_and_a_gap_is_no_figure(rng):
    shapes, rows = grid()
    noise = find_clusters(rows.assign(value=rng.permutation(rows["value"])), shapes)
    assert (noise.areas["cluster"] != "not clear").sum() <= 5
    gone = find_clusters(rows.iloc[1:], shapes)
    assert gone.areas["cluster"].iloc[0] == "no figure"


def test_seven_districts_are_refused_with_the_smallest_p_that_they_could_reach(tmp_path):
    shapes, rows = grid(3)
    shapes, rows = shapes.head(7), rows.head(7).assign(area_type="district")
    found = find_clusters(rows, shapes)
    assert found.reason
    said = clusters.cluster_sentence(found, RATE)
    assert said.startswith("No map of clusters is drawn. No area can be called a cluster: with 7")
    assert f"{found.smallest_p:.2g}" in said


def test_neighbourhoods_of_the_county_alone_in_their_latest_period():
    _, rows = grid()
    older = rows.assign(period="2012", period_start=pd.Timestamp("2012-01-01"))
    scores = scored(rows["area_code"], range(100), kind="msoa")
    scores.loc[99, "county_code"] = "E06000018"
    known = {"areas": AREAS, "scores": scores, "people": NOBODY}
    found = filter_neighbourhoods(pd.concat([older, rows]), RATE, **known)
    assert len(found) == 99
    assert set(found["period"]) == {"2013"}
    assert filter_neighbourhoods(rows.assign(area_type="ward"), RATE, **known).empty


def test_counts_of_neighbourhoods_become_rates_of_the_children_there():
    _, rows = grid()
    share = INDICATORS["children_relative_low_income_percent"]
    counts = rows.assign(indicator_id="children_relative_low_income", numerator=rows["value"])
    people = pd.DataFrame({"area_code": rows["area_code"], "denominator": 500.0})
    scores = scored(rows["area_code"], range(100), kind="msoa")
    found = filter_neighbourhoods(counts, share, areas=AREAS, scores=scores, people=people)
    assert found["value"].tolist() == pytest.approx((rows["value"] / 500 * 1000).tolist())


def test_without_shapes_of_neighbourhoods_the_districts_are_tried(tmp_path, monkeypatch):
    shapes, rows = grid(3)
    shapes, own = shapes.head(7), rows.head(7).assign(area_type="district")
    monkeypatch.setattr(
        "ehlib.measure.spatial.clusters.read_boundaries",
        lambda path, level="district", vintage="": shapes if level == "district" else shapes[:0],
    )
    found = local_clusters(tmp_path, rows, own)
    assert found.level == "district"
    assert found.reason.endswith("Figures of 9 neighbourhoods are held, but not their boundaries.")
    assert local_clusters(tmp_path, rows.head(0), own).level == "district"


def test_measures_are_not_changed():
    frame = add_measures(
        observed("under18_conceptions", "2013", [(68, 1894), (24, 1000)]), INDICATORS
    )
    before = frame.copy()
    profile_measures(frame, INDICATORS, AREAS)
    pd.testing.assert_frame_equal(frame, before)
