"""Figures as they may be shown: protected together, proved, and remembered for the next release."""

import json
from datetime import date

import pandas as pd
import pytest

from ehlib.load.areas import read_areas
from ehlib.load.indicators import read_indicators
from ehlib.load.schema import COLUMNS, ObservationError
from ehlib.measure import release
from ehlib.measure.disclosure.ledger import read_ledger, write_release
from ehlib.measure.release import protect_release, read_released, releases_folder

AREAS = read_areas()
DISTRICTS = [area.code for area in AREAS.districts]
SOURCES = {"police": 12, "schools": 3, "health": 5}


@pytest.fixture
def reference(root):
    return root / "data" / "reference"


@pytest.fixture
def prepared(tmp_path):
    """Folder with the enquiries of one district, 3 of them from schools, and all others alike."""
    rows = [row for code in DISTRICTS for row in enquiries(code, SOURCES)]
    whole = {name: count * len(DISTRICTS) for name, count in SOURCES.items()}
    return written(tmp_path, [*rows, *enquiries(AREAS.county.code, whole)])


def written(folder, rows):
    frame = pd.DataFrame(rows).reindex(columns=COLUMNS)
    frame.to_parquet(folder / "observations.parquet", index=False)
    sources = {"sources": [{"id": "mash_enquiries", "name": "MASH"}], "files": []}
    (folder / "sources.json").write_text(json.dumps(sources), encoding="utf-8")
    return folder


def enquiries(area: str, counts: dict[str, int], note: str = "") -> list[dict[str, object]]:
    """Total and sources of one area in one quarter."""
    total = float(sum(counts.values()))
    first = {
        "indicator_id": "mash_enquiries",
        "area_code": area,
        "area_name": AREAS.name(area),
        "area_type": AREAS.type(area),
        "period": "2013/14-Q3",
        "period_start": pd.Timestamp(2013, 10, 1),
        "period_end": pd.Timestamp(2013, 12, 31),
        "sex": "persons",
        "age": "0-17",
        "category_type": "",
        "category": "",
        "numerator": total,
        "denominator": 1000.0,
        "value_note": note,
        "source_id": "mash_enquiries",
    }
    part = first | {"category_type": "source", "denominator": total}
    parts = [part | {"category": name, "numerator": float(n)} for name, n in counts.items()]
    return [first, *parts]


def test_a_small_count_is_not_read_nor_what_gives_it_back(prepared, reference):
    shown = read_released(prepared, reference, quarter="2013/14-Q3")
    schools = shown.query("category == 'schools' and area_type == 'district'")
    assert schools["numerator"].isna().all()
    assert schools["value_note"].eq("suppressed").all()
    others = shown.query("category_type == 'source' and area_type == 'district'")
    hidden = others["numerator"].isna().groupby(others["area_code"]).sum()
    assert (hidden >= 2).all()


def test_indicators_asked_for_are_protected_with_all_the_others(prepared, reference):
    shown = read_released(prepared, reference, indicator_id=["mash_outcome"])
    assert shown.empty
    shown = read_released(prepared, reference, indicator_id="mash_enquiries")
    assert shown["numerator"].isna().any()


def test_a_folder_that_a_batch_protected_is_read_as_it_is(prepared, reference):
    (prepared / "released.json").write_text("{}", encoding="utf-8")
    assert read_released(prepared, reference)["numerator"].notna().all()


def test_a_release_that_the_attacker_breaks_is_refused(prepared, reference, monkeypatch):
    def careless(given):
        """Hide the small counts and nothing else."""
        found = whole(given)
        cells, small = given.cells.copy(), given.cells["numerator"].between(1, 4)
        cells.loc[small, ["numerator", "denominator"]] = float("nan")
        cells.loc[small, "value_note"] = "suppressed"
        return type(found)(cells, cells, found.hidden, found.loss, found.exposed, found.message)

    whole = release.protect
    monkeypatch.setattr(release, "protect", careless)
    with pytest.raises(ObservationError, match=r"7 small counts can be worked out .* merge"):
        protect_release(prepared, reference, quarter="2013/14-Q3")


def test_an_earlier_release_is_solved_together_with_the_next(prepared, reference):
    held = pd.read_parquet(prepared / "observations.parquet")
    folder = releases_folder(prepared, held)
    first = protect_release(prepared, reference, quarter="2013/14-Q3")
    write_release(folder, first.case, AREAS, quarter="2013/14-Q3", day=date(2014, 1, 20))
    second = protect_release(prepared, reference, quarter="2013/14-Q3")
    hidden = [each.frame["numerator"].isna() for each in (first, second)]
    assert hidden[0].equals(hidden[1])
    assert len(read_ledger(folder)) == len(first.case)


def test_the_synthetic_sample_has_a_ledger_of_its_own(tmp_path):
    real = pd.DataFrame({"value_note": ["", "provisional"]})
    made_up = pd.DataFrame({"value_note": ["", "synthetic;provisional"]})
    assert releases_folder(tmp_path, real) != releases_folder(tmp_path, made_up)


def test_published_figures_stay_as_their_publisher_has_them(prepared, reference):
    held = pd.read_parquet(prepared / "observations.parquet")
    one = held.head(1).assign(indicator_id="under18_conceptions", numerator=2.0)
    pd.concat([held, one]).to_parquet(prepared / "observations.parquet", index=False)
    shown = read_released(prepared, reference, indicator_id="under18_conceptions")
    assert shown["numerator"].tolist() == [2.0]
    assert read_indicators()["under18_conceptions"].data_class == "published"
