"""Headings of case records: which kind a table is, and which column each heading stands for."""

import re
import tomllib
from functools import lru_cache
from pathlib import Path

from ehlib.load.schema import SourceError

HEADINGS = Path(__file__).resolve().parents[3] / "data" / "reference" / "case_headings.toml"
CASE_KINDS = {
    "mash_enquiries": "MASH enquiry log",
    "early_help_episodes": "early help episodes",
    "quality_audits": "quality audits",
    "annex_a_contacts": "Annex A, list 1: contacts",
    "annex_a_early_help": "Annex A, list 2: early help assessments",
    "annex_a_referrals": "Annex A, list 3: referrals",
}
# A record's own id; Annex A has none, so what tells one of its records from another stands for it.
OWN_ID = {
    "mash_enquiries": ["enquiry_id"],
    "early_help_episodes": ["episode_id"],
    "quality_audits": ["audit_id"],
    "annex_a_contacts": ["child_id", "contact_date", "source"],
    "annex_a_early_help": ["child_id", "started_date", "organisation"],
    "annex_a_referrals": ["child_id", "referral_date", "source"],
}
# Columns whose headings tell a kind, in the order they are asked: the first that all stand there.
TELLING = {
    "mash_enquiries": ["enquiry_id", "received_date"],
    "early_help_episodes": ["episode_id", "opened_date"],
    "quality_audits": ["audit_id"],
    "annex_a_contacts": ["child_id", "contact_date"],
    "annex_a_early_help": ["child_id", "started_date", "completed_date"],
    "annex_a_referrals": ["child_id", "referral_date"],
}
PERIOD = {  # first and last day of each kind of record
    "mash_enquiries": ("received_date", "outcome_date"),
    "early_help_episodes": ("opened_date", "closed_date"),
    "quality_audits": ("audit_date", ""),
    "annex_a_contacts": ("contact_date", ""),
    "annex_a_early_help": ("started_date", "completed_date"),
    "annex_a_referrals": ("referral_date", ""),
}
INSTEAD = {"age": "date_of_birth", "area_code": "postcode"}  # what a column may be made from
KEEP = tuple(INSTEAD.values())  # personal columns that are read, turned into those and dropped
NOT_NEEDED = ["data_status", *KEEP, "organisation", "no_action", "referrals_before"]
MAY_LACK = {  # besides, what an Annex A list of some year does without
    "annex_a_contacts": ["source"],
    "annex_a_referrals": ["source"],
    "annex_a_early_help": [],
}


def column_name(heading: str) -> str:
    """Heading in snake case: `Enquiry ID`, `enquiryId` and `ENQUIRY_ID` all give enquiry_id."""
    plain = re.sub(r"['\u2019]s?\b", "", heading.replace("\u00a0", " "))
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", plain)
    return re.sub(r"[^a-z0-9]+", "_", spaced.lower()).strip("_")


def columns_of(kind: str) -> list[str]:
    """Columns that records of a kind are read into, in order; ids first."""
    return [column for column in _headings()[kind] if column not in KEEP]


def is_cases(header: list[str]) -> str:
    """Kind of case record that a header belongs to; "" when it is of none."""
    for kind, telling in TELLING.items():
        found = set(_named(header, kind).values())
        own = telling[0] if telling[0] != "child_id" else ""
        if own in found or (not own and set(telling) <= found):
            return kind
    return ""


def renamed(file: str, header: list[str], kind: str) -> dict[str, str]:
    """Our column for each heading of a table that we read.

    Raises
    ------
    SourceError
        If a column is missing, or two headings stand for one column. It names headings only.
    """
    named = _named(header, kind)
    found = list(named.values())
    twice = sorted({each for each in found if found.count(each) > 1})
    lacking = [
        each
        for each in columns_of(kind)
        if each not in found
        and INSTEAD.get(each) not in found
        and each not in NOT_NEEDED + MAY_LACK.get(kind, [])
    ]
    problems = {"is there twice": twice, "is missing; add it": lacking}
    said = [f"column {', '.join(each)} {why}" for why, each in problems.items() if each]
    if said:
        raise SourceError(
            f"{file}, row 1: {'; '.join(said)}; expected the columns of {CASE_KINDS[kind]}",
            rule="column_missing" if lacking else "column_repeated",
            column=", ".join(lacking or twice),
            wanted=", ".join(columns_of(kind)),
            mend="add or rename the column; data/reference/case_headings.toml lists the headings",
        )
    return named


def _named(header: list[str], kind: str) -> dict[str, str]:
    """Headings that are read, with our columns; our own names win over other headings."""
    spellings = {
        other: column for column, others in _headings()[kind].items() for other in [column, *others]
    }
    plain = {heading: column_name(heading) for heading in header}
    own = {name for name in plain.values() if name in _headings()[kind]}
    named = {heading: spellings[name] for heading, name in plain.items() if name in spellings}
    return {
        heading: column
        for heading, column in named.items()
        if plain[heading] == column or column not in own
    }


@lru_cache
def _headings() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads(HEADINGS.read_text(encoding="utf-8"))
