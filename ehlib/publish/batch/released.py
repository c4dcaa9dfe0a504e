"""What the notebooks of a batch read: a copy of the prepared data that holds no hidden figure."""

import contextlib
import json
import shutil
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pandas as pd

from ehlib.load.areas import read_areas
from ehlib.load.indicators import read_indicators
from ehlib.measure.disclosure import Protected
from ehlib.measure.disclosure.ledger import write_release
from ehlib.measure.release import MARK, protect_release, releases_folder

# Case records, refused rows and figures seen before stay behind: no page is made from them.
COPIED = ["boundaries.parquet", "lookups.parquet", "sources.json", "unmapped.json"]
LOGS = ["restated.csv", "revisions.csv"]  # tell old figures beside new ones


@contextlib.contextmanager
def protected_data(
    processed_dir: Path, reference_dir: Path, quarter: str
) -> Iterator[tuple[Path, Protected]]:
    """Folder for the notebooks of a quarter, and what it shows; gone afterwards.

    Parameters
    ----------
    processed_dir, reference_dir : Path
        Prepared data, and the catalogue with areas and policy.
    quarter : str
        Its label.

    Yields
    ------
    tuple of Path and Protected
        A folder beside the prepared data, and the protected figures in it.
    """
    found = protect_release(processed_dir, reference_dir, quarter=quarter)
    with tempfile.TemporaryDirectory(dir=processed_dir, prefix=".release-") as name:
        folder = Path(name)
        shown = found.frame.drop(columns="source_name")
        shown.to_parquet(folder / "observations.parquet", index=False)
        for each in COPIED:
            if (processed_dir / each).is_file():
                shutil.copyfile(processed_dir / each, folder / each)
        for each in LOGS:
            _copy_log(processed_dir / each, folder / each, reference_dir)
        text = json.dumps({"quarter": quarter, "message": found.message})
        (folder / MARK).write_text(text, encoding="utf-8")
        yield folder, found


def record_release(
    found: Protected, processed_dir: Path, reference_dir: Path, quarter: str
) -> None:
    """Write down what a published set shows and hides, for the releases after it."""
    areas = read_areas(reference_dir / "areas.toml")
    folder = releases_folder(processed_dir, found.frame)
    write_release(folder, found.case, areas, quarter=quarter, day=date.today())


def _copy_log(source: Path, target: Path, reference_dir: Path) -> None:
    """Copy a log without its lines about case records, whose old figures may be small."""
    if not source.is_file():
        return
    indicators = read_indicators(reference_dir / "indicators.toml")
    case = [each.id for each in indicators.values() if each.data_class == "case"]
    log = pd.read_csv(source, dtype="str", keep_default_na=False)
    kept = log[~log["indicator_id"].isin(case)] if "indicator_id" in log else log
    kept.to_csv(target, index=False, encoding="utf-8", lineterminator="\n")
