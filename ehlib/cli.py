"""The command line: one command a step of the way from raw extracts to shared pages."""

import argparse
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ehlib.publish.batch import BatchResult

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "data"
REFUSED, HELD, INTERRUPTED = 1, 3, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and give its exit code: 0 done, 1 refused or failed, 2 wrong usage."""
    parser = _parser()
    options = parser.parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = options.command
    try:
        return command(options)
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return INTERRUPTED
    except _expected_errors() as error:
        print(f"ehlib: {error}", file=sys.stderr)
        return REFUSED


def run_prepare(options: argparse.Namespace) -> int:
    """Turn raw extracts into prepared observations; list every fault found."""
    from ehlib.load.accounts.grouped import summary_lines
    from ehlib.prepare import prepare

    prepared = prepare(options.raw, options.processed, options.reference, say=_say)
    for line in summary_lines(prepared):
        _say(line)
    return REFUSED if prepared.refused else 0


def run_check(options: argparse.Namespace) -> int:
    """Validate extracts without loading them; list every fault found."""
    # Arrow's own allocator would hold on to 60 MB of what a million rows no longer need.
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    from ehlib.check import check_files

    accepted = check_files(
        options.files,
        options.reference,
        sys.stdout,
        as_json=options.json,
        observations=options.observations,
    )
    return 0 if accepted else REFUSED


def run_sample(options: argparse.Namespace) -> int:
    """Write a synthetic sample of case records, marked synthetic in every row."""
    from ehlib.load.sample import write_sample

    paths = write_sample(options.out, rows=options.rows, seed=options.seed)
    _say(f"wrote {', '.join(path.name for path in paths)}: synthetic, not real children")
    return 0


def run_indicators(options: argparse.Namespace) -> int:
    """Print the catalogue, as a table or as CSV."""
    from ehlib.load.indicators import catalogue_frame, read_indicators

    frame = catalogue_frame(read_indicators(options.reference / "indicators.toml"))
    if options.csv:
        sys.stdout.write(frame.to_csv(index=False, lineterminator="\n"))
    else:
        print(frame[["id", "name", "unit", "polarity", "target", "baseline", "flags"]].to_string())
    return 0


def run_boundaries(options: argparse.Namespace) -> int:
    """Write the boundaries of a county or unitary as GeoJSON or GeoPackage."""
    from ehlib.load.boundaries import write_boundaries

    _say(f"building {options.level} boundaries of {options.code}")
    write_boundaries(options.code, options.level, options.out)
    _say(f"wrote {options.out.name}")
    return 0


def run_reports(options: argparse.Namespace) -> int:
    """Run a quarter's batch of notebooks and publish its pages."""
    from ehlib.publish.batch.keys.world import standing_set  # without the libraries of pages
    from ehlib.publish.folder import BatchHeldError

    folders = {
        "reference_dir": options.reference,
        "processed_dir": options.processed,
        "notebooks_dir": options.notebooks,
    }
    result = None
    if not (options.force or options.only or options.area):
        result = standing_set(options.quarter, out=options.out, **folders)
    try:
        result = result or _run_batch(options, folders)
    except BatchHeldError as error:
        print(f"ehlib: {error}", file=sys.stderr)
        return HELD
    for line in result.plan_lines if options.dry_run else result.lines:
        _say(line)
    return REFUSED if result.failed else 0


def _run_batch(options: argparse.Namespace, folders: dict[str, Path]) -> "BatchResult":
    """Result of a batch that may have something to do."""
    from ehlib.publish.kernels import started_ahead

    few = options.dry_run or options.only or options.area or options.scheduler
    with nullcontext() if few else started_ahead():
        return _run_ahead(options, folders)


def _run_ahead(options: argparse.Namespace, folders: dict[str, Path]) -> "BatchResult":
    """Result of a batch, whose libraries are imported here while its kernels import theirs."""
    from ehlib.publish.batch import run_quarter
    from ehlib.publish.release import ReleaseError

    names = ["out", "only", "area", "jobs", "dry_run", "publish_partial", "force", "scheduler"]
    given = {name: getattr(options, name) for name in names}
    try:
        return run_quarter(options.quarter, **folders, **given)
    except ReleaseError as error:
        raise ValueError(str(error)) from error


def run_trace(options: argparse.Namespace) -> int:
    """Say where a published number comes from: source, file, rows, formula and pages."""
    from ehlib.publish.trace import trace

    lines = trace(
        options.id,
        processed_dir=options.processed,
        reference_dir=options.reference,
        reports=options.reports,
    )
    print("\n".join(lines))
    return 0


def run_bench(options: argparse.Namespace) -> int:
    """Time batches against the loop that users write and against a limit; takes a while."""
    scripts = [ROOT / "benchmarks" / name for name in ("batch.py", "changes.py")]
    if not all(script.is_file() for script in scripts):
        raise ValueError("benchmarks/ is not here; expected a copy of the whole project")
    asked = [f"--{name}={getattr(options, name)}" for name in ("repeats", "naive", "long")]
    asked += [f"--processed={options.processed}", "--pages", *map(str, options.pages)]
    for script, words in zip(scripts, (asked, options.rows), strict=True):
        code = subprocess.run([sys.executable, script, *words], check=False).returncode
        if code:
            return code
    return 0


def run_release(options: argparse.Namespace) -> int:
    """Look through a folder of pages and downloads as an outsider would; list every leak."""
    from ehlib.publish.release import check_release

    leaks = check_release(
        options.folder,
        processed_dir=options.processed,
        reference_dir=options.reference,
        raw_dir=options.raw,
    )
    for leak in leaks:
        print(leak)
    _say(f"{options.folder.name}: {len(leaks)} leaks" if leaks else "nothing leaks")
    return REFUSED if leaks else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="ehlib", description=__doc__)
    parser.add_argument("--reference", type=Path, default=DATA / "reference", help="folder")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    prepare = _command(commands, "prepare", run_prepare)
    prepare.add_argument("--raw", type=Path, default=DATA / "raw", help="extracts as received")
    prepare.add_argument("--processed", type=Path, default=DATA / "processed", help="result")

    check = _command(commands, "check", run_check)
    check.add_argument("files", nargs="+", type=_file, metavar="FILE", help="an extract")
    check.add_argument("--json", action="store_true", help="one JSON object a line a file")
    check.add_argument(
        "--observations", type=Path, metavar="OUT.csv", help="CSV of what would load"
    )

    sample = _command(commands, "sample", run_sample)
    sample.add_argument("--rows", type=int, help="MASH enquiries; as calibrated without it")
    sample.add_argument("--seed", type=int, default=20140401, help="another seed, another sample")
    sample.add_argument("--out", type=Path, default=DATA / "raw" / "sample", help="folder")

    indicators = _command(commands, "indicators", run_indicators)
    indicators.add_argument("--csv", action="store_true", help="as CSV, with every column")

    boundaries = _command(commands, "boundaries", run_boundaries)
    boundaries.add_argument("code", metavar="CODE", help="county or unitary, such as E10000024")
    boundaries.add_argument("--level", choices=["district", "lsoa"], default="district")
    boundaries.add_argument("--out", type=Path, required=True, help="a .geojson or .gpkg file")
    _add_reports(commands)

    bench = _command(commands, "bench", run_bench)
    bench.add_argument("--pages", type=int, nargs="+", default=[20, 60, 120], help="sizes")
    bench.add_argument("--repeats", type=int, default=5, help="rounds")
    bench.add_argument("--naive", type=int, default=6, help="pages that the naive ways run")
    bench.add_argument("--long", type=int, default=0, help="pages of one long batch, such as 500")
    bench.add_argument(
        "--rows", nargs="*", default=[], help="sizes of the sample, such as 5000 10000000"
    )
    bench.add_argument("--processed", type=Path, default=DATA / "processed", help="input")

    trace = _command(commands, "trace", run_trace)
    trace.add_argument("id", metavar="ID", help="data-number of a table's cell, on any page")
    trace.add_argument("--processed", type=Path, default=DATA / "processed", help="folder")
    trace.add_argument("--reports", type=Path, default=ROOT / "reports", help="folder of quarters")

    release = _command(commands, "release", run_release)
    release.add_argument("folder", type=Path, metavar="DIR", help="pages and downloads")
    release.add_argument("--processed", type=Path, default=DATA / "processed", help="true numbers")
    release.add_argument("--raw", type=Path, default=DATA / "raw", help="extracts, for their ids")
    return parser


def _add_reports(commands: argparse._SubParsersAction) -> None:
    reports = _command(commands, "reports", run_reports)
    reports.add_argument(
        "quarter", nargs="?", type=_quarter, default="", metavar="QUARTER", help="2013/14-Q3"
    )
    reports.add_argument("--processed", type=Path, default=DATA / "processed", help="input")
    reports.add_argument("--notebooks", type=Path, default=ROOT / "notebooks", help="folder")
    reports.add_argument("--out", type=Path, help="folder of the pages; reports/QUARTER without it")
    reports.add_argument("--only", default="", metavar="GLOB", help="pages whose name fits")
    reports.add_argument("--area", default="", metavar="CODE", help="pages of one area")
    reports.add_argument(
        "--jobs", type=_positive, help="pages at once; as many as have room without it"
    )
    reports.add_argument(
        "--dry-run", action="store_true", help="say what would run and why, run nothing"
    )
    reports.add_argument("--force", action="store_true", help="run all, whatever has changed")
    reports.add_argument(
        "--scheduler", default="", metavar="ADDRESS", help="Dask cluster, such as tcp://host:8786"
    )
    reports.add_argument(
        "--publish-partial", action="store_true", help="publish what passed, name what is missing"
    )


def _command(
    commands: argparse._SubParsersAction, name: str, run: Callable[[argparse.Namespace], int]
) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=run.__doc__, description=run.__doc__)
    parser.set_defaults(command=run)
    return parser


def _file(text: str) -> Path:
    """Path of a file; text that names none is wrong usage."""
    if not Path(text).is_file():
        raise argparse.ArgumentTypeError(f"{text!r} is no file")
    return Path(text)


def _quarter(text: str) -> str:
    """Label of a quarter; text that is none is wrong usage."""
    from ehlib.load.periods import parse_quarter

    try:
        return parse_quarter(text).label if text else ""
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _expected_errors() -> tuple[type[Exception], ...]:
    """Errors that say what is wrong in words; anything else is a fault of ours and shows itself."""
    from ehlib.load.schema import ObservationError, SourceError

    return SourceError, ObservationError, ValueError, OSError


def _positive(text: str) -> int:
    """Whole number above 0, for argparse."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is too few; expected 1 or more")
    return number


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
