"""Paths and the random generator that tests share."""

import importlib.util
import os
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock
from hypothesis import settings

# The gate draws the same cases every time, so that it says the same of the same code; draw others
# with `pytest --hypothesis-profile=search`.
settings.register_profile("gate", derandomize=True, deadline=None, print_blob=True)
settings.register_profile("search", deadline=None, print_blob=True)
settings.load_profile("gate")

BROWSERS = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "msedge"]
NO_BROWSER = "needs Chromium on the PATH (on Debian: apt-get install chromium)"


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


@pytest.fixture(scope="session")
def real_pages(tmp_path_factory):
    """A set with one page of each notebook; for slow tests, since it takes most of a minute."""
    sys.path.insert(0, str(Path(__file__).parent))
    from real_pages import make_real_pages

    home = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:  # the processes of one test run make it once
        home = home.parent
    with FileLock(home / "real-pages.lock"):
        return make_real_pages(home / "real-pages")


@pytest.fixture(scope="session")
def browser():
    """Headless Chromium, which Playwright drives as it is installed; skips where there is none."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        pytest.skip(NO_BROWSER)
    from playwright.sync_api import sync_playwright

    as_root = hasattr(os, "geteuid") and os.geteuid() == 0  # for whom Chromium has no sandbox
    options = {"executable_path": path, "args": ["--no-sandbox"] if as_root else []}
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(**options)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def axe(browser) -> str:
    """Source of axe-core, as its Python package carries it."""
    folder = Path(importlib.util.find_spec("axe_playwright_python").origin).parent
    return (folder / "axe.min.js").read_text(encoding="utf-8")


def pytest_terminal_summary(terminalreporter):
    """Say how many checks were left out for want of a browser."""
    skipped = terminalreporter.stats.get("skipped", [])
    left = sum(NO_BROWSER in str(report.longrepr) for report in skipped)
    if left:
        terminalreporter.write_line(f"{left} checks in a browser were left out: {NO_BROWSER}")
