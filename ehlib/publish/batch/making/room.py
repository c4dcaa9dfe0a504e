"""How many runs there is room for at once: cores that may be used, and memory that is free."""

import os
from pathlib import Path

RUN = 500_000_000  # bytes of memory that a run may take, with a map of England's small areas
MEMORY, LIMIT = Path("/proc/meminfo"), Path("/sys/fs/cgroup/memory.max")
USED, SHARE = LIMIT.with_name("memory.current"), LIMIT.with_name("cpu.max")
KEPT = LIMIT.with_name("memory.stat")


def room_for(pages: int) -> int:
    """Runs at once: no more than there are pages, cores, and places in memory; at least one."""
    free = free_memory()
    places = pages if free is None else free // RUN
    return max(1, min(pages, cores(), places))


def cores() -> int:
    """Cores that this process may use, also where a container is given a part of the machine's."""
    if hasattr(os, "sched_getaffinity"):
        found = len(os.sched_getaffinity(0))
    else:
        found = os.cpu_count() or 1
    given, per = (_text(SHARE).split() or ["max", "1"])[:2]
    return found if given == "max" else max(1, min(found, int(given) // int(per)))


def free_memory() -> int | None:
    """Bytes of memory that are free for more processes; None where the system does not tell."""
    told = []
    for line in _text(MEMORY).splitlines():
        if line.startswith("MemAvailable:"):
            told.append(int(line.split()[1]) * 1024)
    if not told and "SC_AVPHYS_PAGES" in getattr(os, "sysconf_names", {}):
        told.append(os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    limit = _text(LIMIT).strip()
    if limit.isdigit():
        told.append(int(limit) - int(_text(USED) or 0) + _given_back())
    return min(told, default=None)


def _given_back() -> int:
    """Bytes of files that a container keeps in memory only until somebody needs the room."""
    lines = (line.split() for line in _text(KEPT).splitlines())
    return next((int(words[1]) for words in lines if words[:1] == ["inactive_file"]), 0)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:  # another system, or a container that does not show it
        return ""
