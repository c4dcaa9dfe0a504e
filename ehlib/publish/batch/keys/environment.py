"""The environment that pages are made in: Python and the versions of all that is installed."""

import functools
import platform
import re
import sys
from pathlib import Path

LOCK = Path(__file__).resolve().parents[4] / "requirements.lock"
INSTALLED = re.compile(r"(?P<name>[A-Za-z0-9_.]+)-(?P<version>[^-]+)\.(?:dist-info|egg-info)")


@functools.cache
def environment() -> dict[str, str]:
    """Version of each installed package that the lock names, of Python and of the system.

    Read from the names of the folders in which packages are installed: opening them all would take
    longer than everything else that a batch with nothing to do does.
    """
    found = {"python": platform.python_version(), "system": f"{sys.platform} {platform.machine()}"}
    folders = [Path(folder) for folder in sys.path if Path(folder).name.endswith("-packages")]
    names = (path.name for folder in reversed(folders) for path in folder.glob("*.*-info"))
    installed = {
        _plain(match["name"]): match["version"]
        for match in map(INSTALLED.fullmatch, names)
        if match
    }
    locked = _locked()
    return found | {
        name: at for name, at in sorted(installed.items()) if not locked or name in locked
    }


def _locked() -> set[str]:
    """Names of the packages that the lock pins; none where there is no lock."""
    if not LOCK.is_file():
        return set()
    lines = re.findall(r"^([A-Za-z0-9_.-]+)==", LOCK.read_text(encoding="utf-8"), re.MULTILINE)
    return {_plain(name) for name in lines}


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
