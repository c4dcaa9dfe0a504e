"""Progress of a batch on stderr: pages done and failed, and the time that is left."""

import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tqdm import tqdm

if TYPE_CHECKING:
    from ehlib.publish.batch.runner import Outcome

BAR = "{l_bar}{bar}| {n_fmt}/{total_fmt} pages{postfix} [{elapsed}, about {remaining} left]"


def followed(ended: "Iterator[Outcome]", total: int) -> "Iterator[Outcome]":
    """The same outcomes, each told as it comes: a bar on a terminal, else a line a page.

    Parameters
    ----------
    ended : iterator of Outcome
        In the order they end.
    total : int
        How many there will be.
    """
    plain = not sys.stderr.isatty()
    failed, begun = 0, time.monotonic()
    with tqdm(total=total, bar_format=BAR, disable=plain) as bar:
        for number, outcome in enumerate(ended, start=1):
            failed += bool(outcome.error)
            said = f"{outcome.page} {outcome.error or f'done in {outcome.seconds:.1f} s'}"
            if plain:
                left = _left(time.monotonic() - begun, number, total)
                tally = f"; {failed} failed" if failed else ""
                print(f"[{number}/{total}] {said}{tally}{left}", file=sys.stderr, flush=True)
            elif outcome.error:
                bar.write(said, file=sys.stderr)
            bar.set_postfix_str(f" {failed} failed" if failed else "", refresh=False)
            bar.update()
            yield outcome


def _left(passed: float, number: int, total: int) -> str:
    """Time left in words, once enough pages have ended to tell."""
    if number == total or number < min(5, total // 2):
        return ""
    seconds = round(passed / number * (total - number))
    return f"; about {seconds // 60}:{seconds % 60:02} left"
