"""A batch that is killed at a moment of its own: used by test_faults.

    python tests/killed_batch.py PROJECT SEED MOMENTS

Each moment is one of the events in which Python opens, makes, renames or removes a file, drawn at
random from all of a batch; the batch is killed there with SIGKILL, and run again without. Prints a
line of JSON a moment: `at`, whether the set was `old` or `new` after the kill and whether the next
batch `completed` it.
"""

import json
import os
import random
import signal
import sys
import traceback
from pathlib import Path

from tiny_batch import (
    QUARTER,
    ROWS,
    SHOW,
    QuickRunner,
    folders_of,
    pages_in,
    pages_of,
    write_notebook,
)

from ehlib.publish.batch import quarter
from ehlib.publish.batch.making import whole

EVENTS = {"open", "os.rename", "os.mkdir", "os.remove", "os.rmdir"}
quarter.run_jobs = QuickRunner()
whole.gate = lambda *_, **__: None  # has tests of its own


def main(project: Path, seed: int, moments: int) -> None:
    """Kill one batch after another, each with pages that differ from those before."""
    draw = random.Random(seed)
    total = count_events(project)
    for number in range(moments):
        write_notebook(
            project / "notebooks", "rows", f"# version {number}", ROWS, SHOW + later(number)
        )
        old = pages_in(project / "reports" / "2013-14-Q3")
        at = draw.randrange(1 if number % 2 else total * 4 // 5, total)  # half of them at the end
        in_child(lambda at=at: run(project, kill_at=at))
        found = pages_in(project / "reports" / "2013-14-Q3")
        state = "old" if found == old else "new" if is_whole(found, number) else "torn"
        ended = in_child(lambda: run(project))
        whole = is_whole(pages_in(project / "reports" / "2013-14-Q3"), number)
        beside = [path.name for path in (project / "reports").iterdir() if path.is_dir()]
        told = {"at": at, "set": state, "completed": ended == 0 and whole, "beside": beside}
        print(json.dumps(told), flush=True)


def later(number: int) -> str:
    """Lines of a notebook that put its version into the page."""
    words = f"version {number}."
    return f'\ndisplay(HTML(""), metadata={{"ehlib": {{"title": name + " {words}"}}}})'


def is_whole(pages: dict[str, bytes], number: int) -> bool:
    """Whether every page and download is there, in one version."""
    return len(pages) == 42 and all(
        f"version {number}.".encode() in each for each in pages.values()
    )


def count_events(project: Path) -> int:
    """Events of a batch of which every page is run."""
    write_notebook(project / "notebooks", "rows", "# counted", ROWS, SHOW)
    read, write = os.pipe()
    in_child(lambda: os.write(write, str(run(project)).encode()))
    return int(os.read(read, 20))


def run(project: Path, *, kill_at: int = 0) -> int:
    """Run a batch, killed at an event if one is given; how many there were."""
    seen = 0

    def watch(event: str, _: object) -> None:
        nonlocal seen
        if event in EVENTS:
            seen += 1
            if seen == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)
    result = quarter.run(pages_of(project), quarter=QUARTER, progress=False, **folders_of(project))
    assert result.published, result.lines
    return seen


def in_child(task: object) -> int:
    """Do something in a process of its own; its exit code."""
    child = os.fork()
    if child == 0:
        try:
            task()
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
