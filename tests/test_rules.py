"""The rules: each in the table, in the documentation, and in use under a known id."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ehlib.load.sources.rules import RULES

ROOT = Path(__file__).resolve().parents[1]
DOCUMENT = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
MAKES = ("fault", "refusal", "Note", "_refuse")  # functions that are given the id of a rule
ID = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)+")


def ids_in(path: Path) -> Iterator[str]:
    """Ids of rules that a module gives to a fault, a refusal or an error."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        given = [word.value for word in node.keywords if word.arg == "rule"]
        # Of a fault the second argument is the rule, the third a column.
        given += {"fault": node.args[1:2], "add": node.args[:1]}.get(
            name, node.args[:2] if name in MAKES else []
        )
        for each in given:
            if isinstance(each, ast.Constant) and ID.fullmatch(str(each.value)):
                yield each.value


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_is_documented_as_the_table_has_it(rule):
    known = RULES[rule]
    row = re.search(rf"^\| `{rule}` \|(.*)\|$", DOCUMENT, re.MULTILINE)
    assert row, f"docs/rules.md: found no row of {rule}; expected one"
    told = [cell.strip() for cell in row[1].split("|")]
    assert told == [known.severity, known.meaning, known.wanted, known.mend]


def test_the_document_names_no_rule_that_is_not_in_the_table():
    assert set(re.findall(r"^\| `(\w+)` \|", DOCUMENT, re.MULTILINE)) == set(RULES)


def test_every_rule_that_a_reader_gives_is_in_the_table():
    used = {
        rule: path.name
        for path in sorted((ROOT / "ehlib" / "load").rglob("*.py"))
        for rule in ids_in(path)
    }
    assert len(used) > 40
    assert {rule: name for rule, name in used.items() if rule not in RULES} == {}


def test_ids_are_of_one_spelling_and_severities_of_three():
    assert all(ID.fullmatch(rule) for rule in RULES)
    assert {each.severity for each in RULES.values()} == {"error", "warning", "note"}


def test_a_rule_given_in_code_is_found(tmp_path):
    path = tmp_path / "reader.py"
    path.write_text('fault(rows, "no_such_rule", "value", [])\nf(rule="nor_this")', "utf-8")
    assert list(ids_in(path)) == ["no_such_rule", "nor_this"]
