"""Time of 10,000 percentages and rates with limits, ours against phstatsmethods.

    python benchmarks/rates.py [ROUNDS]

phstatsmethods gets the whole frame in one call, the fastest way to use it, and works through it
row by row. Each round times both, one after the other, on the same rows; what is reported is the
median of the rounds' ratios and their range. Results are compared before they are timed.
"""

import statistics
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec

import numpy as np
import pandas as pd

from ehlib.measure import rates

ROWS = 10_000
ROUNDS = 5
AIM = 100


def invented(seed: int = 0) -> pd.DataFrame:
    """Counts like those of children's services; phstatsmethods 0.1.16 fails at a count of 0."""
    rng = np.random.default_rng(seed)
    people = rng.integers(200, 20_000, ROWS)
    events = 1 + rng.binomial(people - 1, rng.uniform(0.0005, 0.3, ROWS))
    return pd.DataFrame({"events": events, "people": people})


def ours(frame: pd.DataFrame) -> np.ndarray:
    counts = frame["events"], frame["people"]
    return np.column_stack([*rates.proportion(*counts), *rates.rate(*counts)])


def theirs(frame: pd.DataFrame) -> np.ndarray:
    from PHStatsMethods import ph_proportion, ph_rate

    options = {"metadata": False}
    shares = ph_proportion(frame, "events", "people", multiplier=100, **options)
    crude = ph_rate(frame, "events", "people", multiplier=1000, **options)
    return np.column_stack([shares.iloc[:, -3:], crude.iloc[:, -3:]])


def seconds(work: Callable[[pd.DataFrame], np.ndarray], frame: pd.DataFrame) -> float:
    start = time.perf_counter()
    work(frame)
    return time.perf_counter() - start


def main(rounds: int = ROUNDS) -> int:
    frame = invented()
    if find_spec("PHStatsMethods") is None:
        taken = statistics.median(seconds(ours, frame) for _ in range(rounds))
        print(f"ehlib: {ROWS:,} rows in {taken * 1000:.1f} ms (median of {rounds} rounds)")
        print("phstatsmethods is not installed here, so there is nothing to compare with.")
        return 0
    apart = np.nanmax(np.abs(ours(frame) - theirs(frame)))
    pairs = [(seconds(ours, frame), seconds(theirs, frame)) for _ in range(rounds)]
    ratios = [other / own for own, other in pairs]
    middle = statistics.median(ratios)
    print(f"{ROWS:,} percentages and {ROWS:,} rates with 95 % limits, {rounds} paired rounds")
    for name, times in zip(("ehlib", "phstatsmethods"), zip(*pairs, strict=True), strict=True):
        print(f"{name:15} median {statistics.median(times) * 1000:10.1f} ms")
    print(f"ratio           median {middle:10.0f}, from {min(ratios):.0f} to {max(ratios):.0f}")
    print(f"largest difference between the results: {apart:.1e}")
    print(f"aim of at least {AIM}: {'met' if middle >= AIM else 'missed'}")
    return 0 if middle >= AIM else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS))
