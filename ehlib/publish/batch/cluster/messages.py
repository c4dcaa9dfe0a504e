"""Jobs and outcomes as text for the way to a worker and back."""

import base64
import json
from dataclasses import asdict
from datetime import date

from ehlib.load.reads import Read
from ehlib.publish.batch.runner import Job, Outcome
from ehlib.publish.page import PageFacts, PageSummary


def write_job(job: Job) -> bytes:
    """Message that asks for a run."""
    return json.dumps(asdict(job), default=str).encode("utf-8")


def read_job(message: bytes) -> Job:
    """Job of a message."""
    told = json.loads(message)
    facts = told.pop("facts")
    facts["generated"] = date.fromisoformat(facts["generated"])
    facts["terms"] = tuple(map(tuple, facts["terms"]))
    return Job(**told, facts=PageFacts(**facts))


def write_outcome(outcome: Outcome, contents: dict[str, bytes]) -> bytes:
    """Message that answers a job: how it ended, and the content of each of its files."""
    texts = {name: base64.b64encode(each).decode("ascii") for name, each in contents.items()}
    return json.dumps({"outcome": asdict(outcome), "contents": texts}).encode("utf-8")


def read_outcome(message: bytes) -> tuple[Outcome, dict[str, bytes]]:
    """Outcome of a message, and the content of its files by name."""
    told = json.loads(message)
    given = told["outcome"]
    given["summary"] = given["summary"] and PageSummary(**given["summary"])
    given["reads"] = tuple(_read(**each) for each in given["reads"])
    contents = {name: base64.b64decode(text) for name, text in told["contents"].items()}
    return Outcome(**given), contents


def _read(path: str, chosen: list) -> Read:
    return Read(path, tuple((name, tuple(words)) for name, words in chosen))
