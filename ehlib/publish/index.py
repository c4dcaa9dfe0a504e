"""The index of a quarter: how it stands at a glance, what changed, every page, earlier sets."""

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from ehlib.load.periods import earlier_quarter, parse_quarter
from ehlib.publish.folder import MANIFEST, write_synced
from ehlib.publish.parts.contents import ENOUGH, anchor
from ehlib.publish.parts.frame import PageFacts, template
from ehlib.show.sentences import begin, count_words

NO_FIGURES = "No figures yet for this quarter"
STANDING = {"done", "kept"}
TONES = {  # what each status asks of a reader, those that ask most first
    "worse": "attention",
    "worsening": "attention",
    "overdue": "attention",
    "late": "attention",
    "at risk": "attention",
    "better": "good",
    "improving": "good",
    "similar": "",
    "higher": "",
    "lower": "",
    "no clear change": "",
}
COMPARED = {
    "worse": "worse than",
    "better": "better than",
    "similar": "similar to",
    "higher": "higher than",
    "lower": "lower than",
}
LISTED = 8  # changes of one kind that the index lists before it says how many more


@dataclass(frozen=True)
class Earlier:
    """A set published for an earlier quarter; `folder` is its name beside this one's."""

    quarter: str
    folder: str
    runs: list[dict] = field(default_factory=list)

    @property
    def words(self) -> str:
        """Quarter as a reader says it: 2013/14 Q2."""
        return self.quarter.replace("-Q", " Q")


def write_index(
    runs: list[dict],
    path: Path,
    *,
    facts: PageFacts,
    missing: list[str] | None = None,
    beside: Path | None = None,
) -> None:
    """Write the list of a quarter's pages, with what they say taken together.

    Parameters
    ----------
    runs : list of dict
        Entries of the manifest with `page`, `title`, `finding`, `group`, `status`, `synthetic`
        and, where a page judges indicators, `judged`.
    path : Path
        The index, written whole or not at all.
    facts : PageFacts
        Trust, quarter, date and version.
    missing : list of str, optional
        Pages that are due but not in the set, named at the top.
    beside : Path, optional
        Folder of the sets of all quarters: those of earlier ones are listed, and the one just
        before is compared with this.
    """
    sets = earlier_sets(beside, facts.quarter) if beside else []
    before = sets[0] if sets and sets[0].quarter == _quarter_before(facts.quarter) else None
    groups = _grouped(runs)
    links = [(anchor(name), name) for name in groups]
    html = template("index.html.j2").render(
        facts=facts,
        groups=[(home, name, groups[name]) for home, name in links],
        contents=links if len(links) >= ENOUGH else [],
        synthetic=any(run["synthetic"] for run in runs),
        missing=missing or [],
        counts=status_counts(runs),
        attention=attention(runs),
        awaited=sum(run["status"] == "no_data" for run in runs),
        before=before,
        changes=changes(runs, before.runs) if before else [],
        archive=sets,
    )
    write_synced(path, html.encode("utf-8"))


def status_counts(runs: list[dict]) -> list[dict]:
    """How many indicators have each status, those that ask for attention first.

    Returns
    -------
    list of dict
        `number`, `words` such as `worse than England`, `status` and `tone`.
    """
    counted = Counter((each["status"], _against(each)) for _, each in _judged(runs))
    ranked = sorted(counted, key=lambda said: (said[1] == "", list(TONES).index(said[0]), said[1]))
    return [
        {
            "number": counted[said],
            "words": begin(status_words(*said)),
            "status": said[0],
            "tone": TONES[said[0]],
        }
        for said in ranked
    ]


def attention(runs: list[dict]) -> list[dict]:
    """Indicators that ask for attention, with the page that says so, the worst word first."""
    order = list(TONES)
    found = [
        {**each, "page": run["page"], "words": status_words(each["status"], each["against"])}
        for run, each in _judged(runs)
        if TONES[each["status"]] == "attention"
    ]
    return sorted(found, key=lambda each: order.index(each["status"]))


def changes(runs: list[dict], earlier: list[dict]) -> list[str]:
    """What differs from the set of the quarter before, in sentences; empty when nothing does."""
    was = {_key(each): each for _, each in _judged(earlier)}
    said = []
    for _, each in _judged(runs):
        before = was.get(_key(each))
        if before and before["status"] != each["status"]:
            now = status_words(each["status"], each["against"])
            then = status_words(before["status"], before["against"])
            said.append(f"{each['name']}: {now}; {then} a quarter ago.")
    newer = [
        each["name"]
        for _, each in _judged(runs)
        if (before := was.get(_key(each))) and before.get("period") != each.get("period")
    ]
    pages = {run["page"] for run in earlier}
    added = [run["title"] for run in runs if run["page"] not in pages]
    gone = [run["title"] for run in earlier if run["page"] not in {run["page"] for run in runs}]
    lists = {
        "Figures for a later period": _listed(newer, "more figure"),
        "Pages that are new": _listed(added, "more page"),
        "Pages of a quarter ago that are not in this set": _listed(gone, "more page"),
    }
    return [*said, *(f"{what}: {names}." for what, names in lists.items() if names)]


def earlier_sets(beside: Path, quarter: str) -> list[Earlier]:
    """Sets of earlier quarters that lie beside this one, latest first."""
    found = []
    for manifest in beside.glob(f"*/{MANIFEST}"):
        try:
            period = parse_quarter(manifest.parent.name)
            read = json.loads(manifest.read_text(encoding="utf-8"))
        except (OSError, ValueError):  # some other folder, or a damaged set: not ours to mend
            continue
        whole = isinstance(read, dict) and read.get("quarter") == period.label
        if whole and period.start < parse_quarter(quarter).start:
            runs = [run for run in read.get("runs", []) if run.get("outcome") in STANDING]
            found.append((period.start, Earlier(period.label, manifest.parent.name, runs)))
    return [each for _, each in sorted(found, key=lambda pair: pair[0], reverse=True)]


def status_words(status: str, against: str) -> str:
    """Status as a phrase: `worse than England`, `improving`."""
    return f"{COMPARED[status]} {against}" if against and status in COMPARED else status


def _judged(runs: list[dict]) -> list[tuple[dict, dict]]:
    """Each entry with each indicator that it is to be counted by, once in the set."""
    seen: set[tuple[str, str]] = set()
    found = []
    for run in runs:
        for each in run.get("judged", []):
            if each.get("status") in TONES and _key(each) not in seen:
                seen.add(_key(each))
                found.append((run, each))
    return found


def _key(each: dict) -> tuple[str, str]:
    """What makes an indicator's status the same question in two sets."""
    return each["name"], _against(each)


def _against(each: dict) -> str:
    """Place that an indicator is compared with; of a change since a baseline there is none."""
    return each.get("against", "") if each["status"] in COMPARED else ""


def _quarter_before(quarter: str) -> str:
    return earlier_quarter(parse_quarter(quarter)).label


def _grouped(runs: list[dict]) -> dict[str, list[dict]]:
    """Entries by group in the order of the batch, those without any figure last."""
    groups: dict[str, list[dict]] = {}
    for run in sorted(runs, key=lambda run: run["status"] == "no_data"):
        name = NO_FIGURES if run["status"] == "no_data" else run["group"]
        groups.setdefault(name, []).append(run)
    return groups


def _listed(names: list[str], noun: str) -> str:
    rest = len(names) - LISTED
    more = f"; and {count_words(rest, noun)}" if rest > 0 else ""
    return "; ".join(names[:LISTED]) + more
