"""Paths and the random generator that tests share."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

# The gate draws the same cases every time, so that it says the same of the same code; draw others
# with `pytest --hypothesis-profile=search`.
settings.register_profile("gate", derandomize=True, deadline=None, print_blob=True)
settings.register_profile("search", deadline=None, print_blob=True)
settings.load_profile("gate")


@pytest.fixture(scope="session")
def root() -> Path:
    return Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared_dir(root: Path) -> Path:
    shared = root.parent / "shared"
    if not shared.is_dir():
        pytest.skip("needs the folder shared beside the checkout")
    return shared


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20131231)
