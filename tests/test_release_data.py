"""Figures as they may be shown: declared, protected together, proved, and remembered."""

import hashlib
import json
import shutil

import numpy as np
import pandas as pd
import pytest

from ehlib.load.areas import read_areas
from ehlib.load.indicators import read_indicators
from ehlib.load.schema import COLUMNS, KEY, ObservationError, read_observations
from ehlib.measure import release
from ehlib.measure.attack import attack, find_breaches
from ehlib.measure.disclosure.ledger import read_ledger
from ehlib.measure.release import MARK, protect_release, read_released, releases_folder
from ehlib.publish.batch import released
from ehlib.publish.batch.released import protected_data, record_release
from ehlib.publish.batch.schedule import BatchError

AREAS, INDICATORS = read_areas(), read_indicators()
DISTRICTS = [area.code for area in AREAS.districts]
OUTCOMES = ["children's social care", "early help services", "no further action"]
QUARTERS = {"2013/14-Q3": ("2013-10-01", "2013-12-31"), "2013/14-Q4": ("2014-01-01", "2014-03-31")}
THIRD, FOURTH = QUARTERS


@pytest.fixture
def reference(root):
    return root / "data" / "reference"


@pytest.fixture
def prepared(tmp_path):
    """Enquiries of two quarters; in the first, 3 of Ashfield's went to early help services."""
    counts = np.random.default_rng(7).integers(6, 30, (len(DISTRICTS), len(OUTCOMES), 2))
    counts[DISTRICTS.index("E07000170"), 1, 0] = 3
    counts[DISTRICTS.index("E07000176"), 2, 1] = 2
    return written(tmp_path / "processed", enquiries(counts))


def written(folder, rows):
    folder.mkdir()
    rows.to_parquet(folder / "observations.parquet", index=False)
    sources = {"sources": [{"id": "mash_enquiries", "name": "MASH"}], "files": []}
    (folder / "sources.json").write_text(json.dumps(sources), encoding="utf-8")
    return folder


def enquiries(counts: np.ndarray) -> pd.DataFrame:
    """Totals, outcomes and the share without action of each area, in each quarter."""
    within = {code: [place] for place, code in enumerate(DISTRICTS)}
    within |= {
        each.code: [DISTRICTS.index(code) for code in each.districts] for each in AREAS.localities
    }
    within[AREAS.county.code] = list(range(len(DISTRICTS)))
    rows = []
    for code, places in within.items():
        for quarter, (label, days) in enumerate(QUARTERS.items()):
            part = counts[places, :, quarter].sum(axis=0).astype(float)
            first = {
                "area_code": code,
                "area_name": AREAS.name(code),
                "area_type": AREAS.type(code),
                "period": label,
                "period_start": pd.Timestamp(days[0]),
                "period_end": pd.Timestamp(days[1]),
                "sex": "persons",
                "age": "0-17",
                "category_type": "",
                "category": "",
                "value_note": "synthetic",
                "source_id": "mash_enquiries",
                "indicator_id": "mash_enquiries",
            }
            total = {"numerator": part.sum(), "denominator": 20_000.0}
            share = {"numerator": part[2], "denominator": part.sum()}
            rows += [first | total, first | share | {"indicator_id": "mash_outcome"}]
            for kind in ("outcome", "source"):  # the latter is declared nowhere
                rows += [
                    first
                    | {"category_type": kind, "category": name}
                    | {"numerator": count, "denominator": part.sum()}
                    for name, count in zip(OUTCOMES, part, strict=True)
                ]
    return pd.DataFrame(rows).reindex(columns=COLUMNS)


def batch(prepared, reference, quarter):
    """What a batch of a quarter does with its figures, once its pages have passed the gate."""
    with protected_data(prepared, reference_dir=reference, quarter=quarter) as released:
        record_release(released, prepared, reference_dir=reference)
    return released


def digests(folder):
    paths = (path for path in sorted(folder.iterdir()) if path.name != MARK)
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def test_a_small_count_is_not_read_nor_what_gives_it_back(prepared, reference):
    shown = read_released(prepared, reference, quarter=THIRD)
    own = shown.query("area_code == 'E07000170' and category_type == 'outcome'")
    small = own.query("category == 'early help services'")
    assert small["numerator"].isna().all()
    assert small["value_note"].eq("synthetic;suppressed").all()
    assert own["numerator"].isna().sum() >= 2
    locality = shown.query("area_code == 'E10000024-L2' and category == 'early help services'")
    mansfield = shown.query("area_code == 'E07000174' and category == 'early help services'")
    assert locality["numerator"].isna().all() or mansfield["numerator"].isna().all()


def test_breakdowns_that_nothing_shows_are_not_handed_out(prepared, reference):
    shown = read_released(prepared, reference, quarter=THIRD)
    assert set(shown["category_type"]) == {"", "outcome"}
    assert "source" in set(pd.read_parquet(prepared / "observations.parquet")["category_type"])


def test_indicators_asked_for_are_protected_with_all_the_others(prepared, reference):
    alone = read_released(prepared, reference, quarter=THIRD, indicator_id="mash_enquiries")
    both = read_released(prepared, reference, quarter=THIRD)
    pd.testing.assert_frame_equal(
        alone, both[both["indicator_id"] == "mash_enquiries"].reset_index(drop=True)
    )
    place = read_released(prepared, reference, quarter=THIRD, area_code=[DISTRICTS[0]])
    assert set(place["area_code"]) == {DISTRICTS[0]}


def test_published_figures_are_not_waited_for(prepared, reference, monkeypatch):
    monkeypatch.setattr(release, "protect_release", None)
    assert read_released(prepared, reference, indicator_id="under18_conceptions").empty


def test_published_figures_stay_as_their_publisher_has_them_also_later_ones(prepared, reference):
    held = pd.read_parquet(prepared / "observations.parquet")
    one = held.head(1).assign(indicator_id="under18_conceptions", numerator=2.0)
    later = one.assign(period="2014/15-Q1", period_end=pd.Timestamp("2014-06-30"))
    every = pd.concat([held, one, later])
    every.to_parquet(prepared / "observations.parquet", index=False)
    with protected_data(prepared, reference_dir=reference, quarter=THIRD) as found:
        copied = read_observations(found.folder, indicator_id="under18_conceptions")
        cases = read_observations(found.folder, indicator_id="mash_enquiries")
    assert copied["numerator"].tolist() == [2.0, 2.0]
    assert set(cases["period"]) == {THIRD}
    own = found.frame.query("indicator_id == 'under18_conceptions'")
    assert set(own["period"]) == {THIRD}


def test_notebooks_read_from_the_folder_what_is_protected_without_it(prepared, reference):
    by_hand = read_released(prepared, reference, quarter=THIRD)
    with protected_data(prepared, reference_dir=reference, quarter=THIRD) as found:
        in_batch = read_released(found.folder, reference, quarter=THIRD)
    on = [*KEY, "numerator", "denominator", "value_note"]
    pd.testing.assert_frame_equal(
        by_hand[on].sort_values(KEY, ignore_index=True),
        in_batch[on].sort_values(KEY, ignore_index=True),
    )


def test_a_release_that_the_attacker_breaks_is_refused_and_nothing_written(
    prepared, reference, monkeypatch
):
    def careless(given):
        """Hide the small counts and nothing else."""
        found = whole(given)
        cells, small = given.cells.copy(), given.cells["numerator"].between(1, 4)
        cells.loc[small, ["numerator", "denominator"]] = float("nan")
        cells.loc[small, "value_note"] = "suppressed"
        return type(found)(cells, cells, found.hidden, found.loss, found.exposed, found.message)

    whole = release.protect
    monkeypatch.setattr(release, "protect", careless)
    wanted = (
        r"1 small counts can be worked out .* mash_enquiries by outcome of 31 December 2013, "
        r"E07000170, early help services\. Nothing was written\. Merge categories"
    )
    with pytest.raises(ObservationError, match=wanted):
        protect_release(prepared, reference, quarter=THIRD)
    with (
        pytest.raises(ObservationError),
        protected_data(prepared, reference_dir=reference, quarter=THIRD),
    ):
        pass
    assert not (prepared / "released" / "2013-14-Q3").exists()


def test_the_same_inputs_give_the_same_bytes_and_are_solved_once(prepared, reference, monkeypatch):
    first = batch(prepared, reference, THIRD)
    before = digests(first.folder)
    solve = release.protect
    monkeypatch.setattr(release, "protect", None)
    again = batch(prepared, reference, THIRD)
    assert (first.solved, again.solved) == (True, False)
    assert digests(again.folder) == before
    monkeypatch.setattr(release, "protect", solve)
    shutil.rmtree(prepared / "released")
    assert batch(prepared, reference, THIRD).solved
    assert digests(first.folder) == before


def test_other_data_policy_or_releases_are_solved_anew(prepared, reference, tmp_path):
    with protected_data(prepared, reference_dir=reference, quarter=THIRD):
        pass
    other = shutil.copytree(reference, tmp_path / "reference")
    policy = (other / "disclosure.toml").read_text(encoding="utf-8")
    changed = policy.replace('case = "local"', 'case = "dfe"')
    (other / "disclosure.toml").write_text(changed, encoding="utf-8")
    with protected_data(prepared, reference_dir=other, quarter=THIRD) as stricter:
        assert stricter.solved
    batch(prepared, reference, FOURTH)
    with protected_data(prepared, reference_dir=other, quarter=THIRD) as after:
        assert after.solved


def test_two_quarters_in_a_row_give_nothing_to_an_attacker_who_keeps_both(prepared, reference):
    third = batch(prepared, reference, THIRD)
    fourth = batch(prepared, reference, FOURTH)
    assert fourth.account["breaches"] == 0
    assert fourth.account["hidden"] >= 4
    pages = [(each.quarter, each.frame) for each in (third, fourth)]
    truth = pd.read_parquet(prepared / "observations.parquet")
    bounds = attack(pages, AREAS, INDICATORS)
    ends = [(name, frame["period_end"].max()) for name, frame in pages]
    true = [(name, truth.query("period_end <= @end")) for name, end in ends]
    assert len(bounds) > 4
    assert find_breaches(bounds, 5, true, INDICATORS).empty
    ledger = read_ledger(releases_folder(prepared, truth))
    assert set(ledger["release"]) == set(QUARTERS)
    assert ledger.loc[ledger["hidden"], ["numerator", "denominator"]].isna().all(axis=None)


def test_a_set_is_not_recorded_when_others_were_published_meanwhile(prepared, reference):
    folders = {"reference_dir": reference}
    with protected_data(prepared, quarter=THIRD, **folders) as third:
        batch(prepared, reference, FOURTH)
        with pytest.raises(BatchError, match="run the batch again"):
            record_release(third, prepared, **folders)


def test_old_figures_of_case_records_are_not_copied_with_the_logs(prepared, reference):
    log = pd.DataFrame(
        {
            "indicator_id": ["mash_enquiries", "under18_conceptions"],
            "old_value": ["", "20.1"],
            "old_numerator": ["3", "40"],
            "reason": ["records", "revised"],
        }
    )
    log.to_csv(prepared / "restated.csv", index=False)
    log.to_csv(prepared / "revisions.csv", index=False)
    (prepared / "sources.json").write_text(
        json.dumps({"sources": [], "files": [], "prepared": "2014-01-20T09:00:00+00:00"}), "utf-8"
    )
    held = (prepared / "restated.csv").read_text(encoding="utf-8")
    (prepared / "restated.csv").unlink()
    with protected_data(prepared, reference_dir=reference, quarter=THIRD) as found:
        copied = pd.read_csv(found.folder / "revisions.csv", dtype="str", keep_default_na=False)
    assert "3" in held
    assert copied["old_numerator"].tolist() == ["", "40"]


def test_the_synthetic_sample_has_a_ledger_of_its_own(tmp_path):
    real = pd.DataFrame({"value_note": ["", "provisional"]})
    made_up = pd.DataFrame({"value_note": ["", "synthetic;provisional"]})
    assert releases_folder(tmp_path, real) != releases_folder(tmp_path, made_up)


@pytest.mark.parametrize(
    "name", ["ehlib/measure/attack/bounds.py", "ehlib/publish/batch/released.py"]
)
def test_protection_is_worked_out_anew_by_other_code(prepared, reference, monkeypatch, name):
    with protected_data(prepared, reference_dir=reference, quarter=THIRD) as found:
        assert found.solved
    with protected_data(prepared, reference_dir=reference, quarter=THIRD) as found:
        assert not found.solved
    changed = {name: "0" * 64}
    told = released.file_digest
    monkeypatch.setattr(
        released, "file_digest", lambda path: changed.get(name_of(path)) or told(path)
    )
    with protected_data(prepared, reference_dir=reference, quarter=THIRD) as found:
        assert found.solved


def name_of(path):
    return path.as_posix()[path.as_posix().rfind("ehlib/") :]
