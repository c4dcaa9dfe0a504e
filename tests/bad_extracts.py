"""At least a hundred extracts with one fault each, and some that are odd but certain.

    python tests/bad_extracts.py FOLDER

writes them into a folder, with `expected.csv`: of each the outcome, rule, row and column.
"""

import csv
import io
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from openpyxl import Workbook

HEADER = ["indicator_id", "area_code", "area_name", "area_type", "period", "sex", "age"]
HEADER += ["numerator", "denominator", "value", "lower_ci", "upper_ci", "value_note"]
RATE = dict(zip(HEADER, ["under18_conceptions", "E07000170", "Ashfield", "district"], strict=False))
RATE |= {"period": "2011", "sex": "female", "age": "15-17", "numerator": "96", "value": "44.1"}
RATE = dict.fromkeys(HEADER, "") | RATE
SHARE = RATE | {"indicator_id": "eyfs_good_development", "period": "2013/14", "sex": "persons"}
SHARE |= {"age": "5", "numerator": "831", "denominator": "1464", "value": "57"}
ALONE = SHARE | {"numerator": "", "denominator": ""}  # a percentage without its counts
QUARTER = ALONE | {"indicator_id": "ehc_plans", "period": "2013/14-Q3", "age": "", "value": "12"}
YEARS = RATE | {"indicator_id": "under16_conceptions", "period": "2008 to 2010", "age": "13-15"}
GOOD = [RATE | {"area_code": "E07000171", "area_name": "Bassetlaw"}]
ENQUIRY = {
    **{"enquiry_id": "A1", "child_id": "C1", "received_date": "2013-10-01", "source": "police"},
    **{"area_code": "E07000170", "age": "7", "sex": "female", "need_level": "2"},
    **{"outcome": "early help services", "outcome_date": "2013-10-04"},
}
EPISODE = {
    **{"episode_id": "E1", "child_id": "C1", "opened_date": "2013-10-01"},
    **{"closed_date": "2013-12-02", "process": "CAF", "lead_agency": "school", "need_level": "2"},
    **{"closure_reason": "needs met", "area_code": "E07000170", "age": "7", "sex": "female"},
}
ROW = 3  # the good row is the second of the file, the faulty one the third
ACCEPTED = ""


class Bad(NamedTuple):
    """One file: its bytes, the rule it breaks ("" when it is accepted), and where."""

    name: str
    content: bytes
    rule: str
    row: int = 1
    column: str = ""

    @property
    def outcome(self) -> str:
        return "refused" if self.rule else "accepted"


def table(*rows: dict, delimiter: str = ",", header: list[str] | None = None) -> str:
    text = io.StringIO()
    names = header or list(rows[0])
    writer = csv.DictWriter(text, names, delimiter=delimiter, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def workbook(*sheets: tuple[str, list[list[object]]]) -> bytes:
    book, out = Workbook(), io.BytesIO()
    book.remove(book.active)
    for name, rows in sheets:
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(out)
    return out.getvalue()


def cells(*rows: dict) -> list[list[object]]:
    return [list(rows[0]), *(list(row.values()) for row in rows)]


# Cells of one row: what is changed in it, the rule and the column.
RATES = [
    ({"indicator_id": "under19_conceptions"}, "indicator_unknown", "indicator_id"),
    ({"indicator_id": ""}, "indicator_unknown", "indicator_id"),
    ({"indicator_id": "Under 18 conceptions"}, "indicator_unknown", "indicator_id"),
    ({"area_code": "E07999999"}, "area_unknown", "area_code"),
    ({"area_code": "E0700017O"}, "area_unknown", "area_code"),
    ({"area_code": "", "area_name": ""}, "area_unknown", "area_code"),
    ({"area_code": "", "area_name": "Ashfeild"}, "area_unknown", "area_code"),
    ({"area_code": "NG17 1AA", "area_name": ""}, None, ""),  # a postcode: see the whole files
    ({"area_name": "Mansfield"}, "area_disagrees", "area_name"),
    ({"area_code": "E10000024", "area_name": "Nottingham", "area_type": ""}, "area_disagrees", ""),
    ({"area_type": "county"}, "area_type_disagrees", "area_type"),
    ({"area_type": "england"}, "area_type_disagrees", "area_type"),
    ({"area_type": "lsoa"}, "area_type_disagrees", "area_type"),
    ({"period": ""}, "period_unknown", "period"),
    ({"period": "11"}, "period_unknown", "period"),
    ({"period": "2O11"}, "period_unknown", "period"),
    ({"period": "2011/12"}, "period_unknown", "period"),
    ({"period": "2011-13"}, "period_unknown", "period"),
    ({"period": "FY2011"}, "period_unknown", "period"),
    ({"period": "2011-01-01"}, "period_is_date", "period"),
    ({"period": "01/04/2011"}, "period_is_date", "period"),
    ({"period": "Dec-11"}, "period_is_date", "period"),
    ({"period": "40544"}, "period_is_date", "period"),  # 1 January 2011
    ({"sex": "girls"}, "sex_unknown", "sex"),
    ({"sex": "1"}, "sex_unknown", "sex"),
    ({"value_note": "guess"}, "value_note_unknown", "value_note"),
    ({"value": "about 44"}, "number_unreadable", "value"),
    ({"value": "44,1"}, "number_unreadable", "value"),
    ({"value": "1.234,5"}, "number_unreadable", "value"),
    ({"value": "44.1%"}, "number_unreadable", "value"),
    ({"value": "(44.1)"}, "number_unreadable", "value"),
    ({"value": "44.1.0"}, "number_unreadable", "value"),
    ({"value": "\u00a344"}, "number_unreadable", "value"),
    ({"value": "TRUE"}, "number_unreadable", "value"),
    ({"value": "inf"}, "number_unreadable", "value"),
    ({"value": "1e999"}, "number_unreadable", "value"),
    ({"value": "0x2C"}, "number_unreadable", "value"),
    ({"value": "\u0664\u0664"}, "number_unreadable", "value"),
    ({"value": "4 4"}, "number_unreadable", "value"),
    ({"value": "p", "numerator": ""}, "number_unreadable", "value"),
    ({"value": "44.1*"}, "marker_unclear", "value"),
    ({"value": "44.1 (1)"}, "marker_unclear", "value"),
    ({"value": "44.1e"}, "marker_unclear", "value"),
    ({"value": "44.1 q"}, "marker_unclear", "value"),
    ({"value": "#N/A"}, "cell_error", "value"),
    ({"value": "#DIV/0!"}, "cell_error", "value"),
    ({"value": "#####"}, "cell_error", "value"),
    ({"numerator": "1 096"}, "number_unreadable", "numerator"),
    ({"numerator": "1,09"}, "number_unreadable", "numerator"),
    ({"numerator": "12,34,567"}, "number_unreadable", "numerator"),
    ({"numerator": "96%"}, "number_unreadable", "numerator"),
    ({"lower_ci": "40 to 50"}, "number_unreadable", "lower_ci"),
    ({"numerator": "-96"}, "numerator_negative", "numerator"),
    ({"denominator": "-1"}, "denominator_negative", "denominator"),
    ({"value": "-44.1", "numerator": ""}, "value_negative", "value"),
    ({"value": "\u221244.1", "numerator": ""}, "value_negative", "value"),
    ({"lower_ci": "45", "upper_ci": "50"}, "value_outside_limits", "value"),
    ({"lower_ci": "50", "upper_ci": "40"}, "value_outside_limits", "value"),
    ({"value": "", "numerator": "", "lower_ci": "40"}, "limits_alone", "lower_ci"),
    ({"value": "", "numerator": ""}, "figure_missing", "value"),
    ({"numerator": "96", "denominator": "2000"}, "value_not_from_counts", "value"),
]
SHARES = [
    ({"numerator": "1465", "value": ""}, "numerator_above_denominator", "numerator"),
    ({"numerator": "831", "denominator": "146", "value": ""}, "numerator_above_denominator", ""),
    ({"numerator": "", "denominator": "", "value": "100.1"}, "percentage_above_100", "value"),
    ({"value": "0.57"}, "share_for_percentage", "value"),
    ({"value": "75"}, "value_not_from_counts", "value"),
    ({"value": "56.1"}, "value_not_from_counts", "value"),
    ({"period": "2013"}, "period_unknown", "period"),
    ({"period": "2013/15"}, "period_unknown", "period"),
    ({"period": "FY 2013/14"}, "period_unknown", "period"),
    ({"period": "2013-12-01"}, "period_is_date", "period"),
]
QUARTERS = [
    ({"period": "2013/14-Q5"}, "period_unknown", "period"),
    ({"period": "Q3 2013"}, "period_unknown", "period"),
    ({"period": "2013/14"}, "period_unknown", "period"),
    ({"period": "Nov-Dec 2013"}, "period_unknown", "period"),
    ({"period": "2013-10-01"}, "period_is_date", "period"),
]
CERTAIN = [  # odd, and yet certain: rows of which nothing is refused
    (RATE, {"area_code": " E07000170\u00a0"}),
    (RATE, {"area_code": "", "area_name": "Ashfield District Council"}),
    (RATE, {"area_code": "", "area_name": "Ashfield [1]"}),
    (RATE, {"area_code": "", "area_name": "Ashfield\u00b2"}),
    (RATE, {"area_code": "", "area_name": "ASHFIELD (2)"}),
    (RATE, {"area_code": "E07000175", "area_name": "Newark & Sherwood"}),
    (RATE, {"area_code": "E08000016", "area_name": "", "area_type": ""}),  # Barnsley's old code
    (RATE, {"area_code": "W06000015", "area_name": "Cardiff", "area_type": ""}),
    (RATE, {"sex": "F"}),
    (RATE, {"age": "15\u201317"}),
    (RATE, {"numerator": "1,096", "value": ""}),
    (RATE, {"numerator": "1\u00a0096", "value": ""}),
    (RATE, {"numerator": "", "value": "44.1 p"}),
    (RATE, {"numerator": "", "value": "44.1[p]"}),
    (RATE, {"numerator": "", "value": "44.1 (r)"}),
    (RATE, {"numerator": "", "value": "44.1u"}),
    (RATE, {"numerator": "", "value": "44.1 [note 3]"}),
    *((RATE, {"numerator": "", "value": symbol}) for symbol in ("*", "[c]", "..", "\u2013", ":")),
    *((RATE, {"numerator": "", "value": symbol}) for symbol in ("<5", "n/a", "x", "[low]", "u")),
    (SHARE, {"value": "57%"}),
    (SHARE, {"value": "56.8 %"}),
    (SHARE, {"period": "2013-14"}),
    (SHARE, {"period": "201314"}),
    (SHARE, {"period": "AY 2013/14"}),
    (SHARE, {"period": "2013/14 academic year"}),
    (QUARTER, {"period": "Q3 2013-14"}),
    (QUARTER, {"period": "Oct\u2013Dec 2013"}),
    (QUARTER, {"period": "Apr-Dec 2013"}),
    (YEARS, {"period": "2008 - 10"}),
    (YEARS, {"period": "2008-2010"}),
]


def bad_extracts() -> Iterator[Bad]:
    """Every file, in memory."""
    for kind, base, changes in (
        ("rate", RATE, RATES),
        ("share", SHARE, SHARES),
        ("quarter", QUARTER, QUARTERS),
    ):
        for number, (change, rule, column) in enumerate(changes):
            if rule is not None:
                text = table(*GOOD, base | change)
                yield Bad(f"{kind}_{number:02d}_{rule}.csv", text.encode(), rule, ROW, column)
    for number, (base, change) in enumerate(CERTAIN):
        yield Bad(f"certain_{number:02d}.csv", table(*GOOD, base | change).encode(), ACCEPTED)
    yield from _encodings()
    yield from _structures()
    yield from _rows()
    yield from _cases()
    yield from _workbooks()
    yield from _hostile()


def _encodings() -> Iterator[Bad]:
    text = table(*GOOD, RATE | {"area_name": "Ashfield \u2013"})
    plain = table(*GOOD, RATE)
    for encoding in ("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"):
        yield Bad(f"certain_{encoding}.csv", plain.encode(encoding), ACCEPTED)
    yield Bad("encoding_dash_1252.csv", text.encode("cp1252"), ACCEPTED)
    for name, mark in (("semicolon", ";"), ("tab", "\t"), ("pipe", "|")):
        yield Bad(f"certain_{name}.csv", table(*GOOD, RATE, delimiter=mark).encode(), ACCEPTED)
    yield Bad("certain_mac.csv", plain.replace("\r\n", "\r").encode(), ACCEPTED)
    yield Bad("encoding_none.csv", plain.encode() + b"\x81\x8d\x8f,\r\n", "file_encoding", 1)
    yield Bad("encoding_zeros.csv", plain.encode() + b"\x00\x01\x00\x01", "file_binary", 1)


def _structures() -> Iterator[Bad]:
    plain = table(*GOOD, RATE)
    head, *body = plain.splitlines(keepends=True)
    both = "".join(body)
    yield Bad("empty.csv", b"", "file_empty")
    yield Bad("spaces.csv", b" \r\n \r\n", "file_empty")
    yield Bad("no_header.csv", both.encode(), "file_unknown")
    yield Bad("no_rows.csv", head.encode(), "no_rows")
    yield Bad("other.csv", b"date,rainfall\r\n2013,12\r\n", "file_unknown")
    lacking = "".join(line.replace("period,", "label,") for line in plain.splitlines(keepends=True))
    yield Bad("no_period.csv", lacking.encode(), "file_unknown")
    more = plain.replace("value_note", "ethnicity")
    yield Bad("column_unknown.csv", more.encode(), "column_unknown", 1, "ethnicity")
    twice = plain.replace("lower_ci", "value", 1)
    yield Bad("column_twice.csv", twice.encode(), "column_repeated", 1)
    quoted = plain.replace("Ashfield", '"Ashfield')
    yield Bad("quotation.csv", quoted.encode(), "quotation_open", ROW)
    yield Bad("cut_short.csv", plain[:-22].encode(), "file_truncated", ROW)
    titled = "Conceptions in Nottinghamshire\r\nAll districts\r\n\r\n" + plain
    yield Bad("certain_title.csv", titled.encode(), ACCEPTED)
    noted = plain + "Source: Office for National Statistics\r\n* = suppressed\r\n"
    yield Bad("certain_footnotes.csv", noted.encode(), ACCEPTED)
    yield Bad("certain_headings.csv", plain.replace("area_code", "Area Code", 1).encode(), ACCEPTED)
    personal = table(*GOOD, RATE).replace("value_note", "Child name")
    yield Bad("certain_name.csv", personal.encode(), ACCEPTED)


def _rows() -> Iterator[Bad]:
    long = table(*GOOD, RATE).rstrip() + ",extra,cells\r\n"
    yield Bad("row_too_long.csv", long.encode(), "row_too_long", ROW)
    other = RATE | {"value": "45.2"}
    yield Bad("contradiction.csv", table(RATE, other).encode(), "key_repeated", 2, "area_code")
    spelt = RATE | {"area_code": "Ashfield", "value": "45.2"}
    yield Bad("contradiction_name.csv", table(RATE, spelt).encode(), "key_repeated", 2)
    yield Bad("certain_again.csv", table(RATE, RATE).encode(), ACCEPTED)
    half = RATE | {"category": "1"}
    text = table(GOOD[0] | {"category": ""}, half)
    yield Bad("category_alone.csv", text.encode(), "category_unknown", ROW, "category")
    comma = [RATE | {"numerator": "1,096", "value": ""}, GOOD[0] | {"numerator": "10,5"}]
    yield Bad("commas.csv", table(*comma).encode(), "number_ambiguous", 2, "numerator")
    mixed = [ALONE | {"value": "57%"}, ALONE | {"area_code": "E07000171", "value": "0.62"}]
    mixed[1]["area_name"] = "Bassetlaw"
    yield Bad("shares_mixed.csv", table(*mixed).encode(), "share_for_percentage", ROW, "value")
    nhs = [RATE | {"value_note": number} for number in ("943 476 5919", "9434765870")]
    rows = [each | {"period": f"201{place}"} for place, each in enumerate(nhs)]
    yield Bad("nhs_numbers.csv", table(*rows).encode(), "personal_data", 2, "value_note")
    mail = table(*GOOD, RATE | {"value_note": "jo.bloggs@example.org"})
    yield Bad("mail.csv", mail.encode(), "personal_data", ROW, "value_note")
    post = table(*GOOD, RATE | {"area_code": "NG17 1AA", "area_name": ""})
    yield Bad("postcode.csv", post.encode(), "personal_data", ROW, "area_code")


def _cases() -> Iterator[Bad]:
    second = ENQUIRY | {"enquiry_id": "A2"}
    for number, (change, rule, column) in enumerate(
        [
            ({"received_date": "31/13/2013"}, "day_wrong", "received_date"),
            ({"received_date": ""}, "cell_empty", "received_date"),
            ({"outcome_date": "2013-09-01"}, "ends_before_start", "outcome_date"),
            ({"age": "seven"}, "age_wrong", "age"),
            ({"age": "107"}, "age_wrong", "age"),
            ({"need_level": "5"}, "level_wrong", "need_level"),
            ({"area_code": "E07999999"}, "district_unknown", "area_code"),
            ({"sex": "x9"}, "word_unknown", "sex"),
        ]
    ):
        text = table(ENQUIRY, second | change)
        yield Bad(f"mash_{number}_{rule}.csv", text.encode(), rule, ROW, column)
    again = table(ENQUIRY, ENQUIRY | {"age": "8"})
    yield Bad("mash_repeated.csv", again.encode(), "id_repeated", 2)
    ended = table(EPISODE, EPISODE | {"episode_id": "E2", "closed_date": "2013-01-01"})
    yield Bad("episode_ends.csv", ended.encode(), "ends_before_start", ROW, "closed_date")
    yield Bad("certain_mash.csv", table(ENQUIRY, second).encode(), ACCEPTED)


def _workbooks() -> Iterator[Bad]:
    rows = cells(*GOOD, RATE)
    yield Bad("certain.xlsx", workbook(("Data", rows)), ACCEPTED)
    titled = [["Conceptions"], [], *rows]
    yield Bad("certain_title.xlsx", workbook(("Cover", [["Read me"]]), ("Data", titled)), ACCEPTED)
    wrong = cells(*GOOD, RATE | {"value": "many"})
    yield Bad("sheet.xlsx", workbook(("Data", wrong)), "number_unreadable", ROW, "value")
    yield Bad("cover_only.xlsx", workbook(("Cover", [["Read me"]])), "file_unknown")
    whole = workbook(("Data", rows))
    yield Bad("truncated.xlsx", whole[: len(whole) // 2], "workbook_broken")
    yield Bad("certain_really_csv.xlsx", table(*GOOD, RATE).encode(), ACCEPTED)
    yield Bad(
        "page.xlsx", b"<html><body><table><tr><td>1</td></tr></table></body></html>", "file_kind"
    )


def _hostile() -> Iterator[Bad]:
    yield Bad("noise.csv", bytes(range(256)) * 40, "file_encoding")
    yield Bad("picture.csv", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + b"\x00" * 60, "file_kind")
    wide = ",".join(f"c{number}" for number in range(16_000))
    yield Bad("wide.csv", f"{wide}\r\n".encode() * 2, "too_many_columns")
    yield Bad(
        "cell.csv", table(*GOOD, RATE | {"value_note": "x" * 5_000_000}).encode(), "line_too_long"
    )
    xml = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>'
    yield Bad("entity.xlsx", _with_part("xl/sharedStrings.xml", xml), "workbook_doctype")
    yield Bad(
        "bomb.xlsx",
        _with_part("xl/worksheets/sheet1.xml", b" " * 300_000_000),
        "workbook_too_large",
    )
    yield Bad("paths.xlsx", _with_part("../../outside.xml", b"<x/>"), "workbook_paths")
    locked = (
        bytes.fromhex("d0cf11e0a1b11ae1") + b"\x00" * 2000 + "EncryptedPackage".encode("utf-16")
    )
    yield Bad("locked.xlsx", locked, "workbook_broken")


def _with_part(name: str, content: bytes) -> bytes:
    """A workbook in which one part is another."""
    out = io.BytesIO()
    whole = io.BytesIO(workbook(("Data", cells(*GOOD, RATE))))
    pack = zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(out, "w", pack) as target:
        for part in source.namelist():
            if part != name:
                target.writestr(part, source.read(part))
        target.writestr(name, content)
    return out.getvalue()


def write_bad_extracts(folder: Path) -> list[Bad]:
    """Write every file into a folder, and what is expected of each."""
    folder.mkdir(parents=True, exist_ok=True)
    listed = list(bad_extracts())
    for each in listed:
        (folder / each.name).write_bytes(each.content)
    lines = [("file", "outcome", "rule", "row", "column")]
    lines += [(each.name, each.outcome, each.rule, each.row, each.column) for each in listed]
    with (folder / "expected.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(lines)
    return listed


if __name__ == "__main__":
    print(f"{len(write_bad_extracts(Path(sys.argv[1])))} files written")
