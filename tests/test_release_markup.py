"""XML is read as its own programs read it: the same words, comments and hidden parts as HTML."""

import pytest

from ehlib.publish.release.figures.names import Words
from ehlib.publish.release.markup import blocks, clean, read_markup, read_xml_markup

SHEET = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<sheetData><row r="1"><c r="A1" t="inlineStr"><is>'
    '<t>Ashfield &amp; others</t></is></c><c r="B1"><v>862</v></c></row><!-- kept --></sheetData>'
)


def words(root):
    return [(node.tag, text) for node, text in blocks(root) if node.tag != "#"]


def comments(root):
    return ["".join(node.parts) for node in root.nodes() if node.tag == "#"]


def test_sheet_has_the_same_words_and_attributes_as_when_it_is_read_as_html():
    own, html = read_xml_markup(SHEET), read_markup(SHEET)
    assert words(own) == words(html) == [("t", "Ashfield & others"), ("v", "862")]
    assert [node.given for node in own.find("c")] == [node.given for node in html.find("c")]


def test_comments_declarations_and_instructions_are_kept():
    declared = SHEET.replace("UTF-8", "three").replace("<row", "<?said four?><row")
    said = comments(read_xml_markup(declared))
    assert [word for word in ("three", "said four", "kept") if word in " ".join(said)] == [
        "three",
        "said four",
        "kept",
    ]


@pytest.mark.parametrize("start", ["<!DOCTYPE t [<!ENTITY a '3'>]>", "<b>"])
def test_what_is_no_plain_xml_is_read_as_html(start):
    text = start + SHEET
    assert comments(read_xml_markup(text)) == comments(read_markup(text))
    assert "862" in dict(map(reversed, words(read_xml_markup(text))))


def test_names_in_a_svg_are_in_small_letters():
    root = read_xml_markup('<svg viewBox="0 0 1 1"><clipPath ID="a"/><text>3</text></svg>')
    assert [node.tag for node in root.nodes()] == ["", "svg", "clippath", "text"]
    assert next(root.find("svg")).given == [("viewbox", "0 0 1 1")]


@pytest.mark.parametrize("length", [10, 400])
def test_blanks_are_one_space_and_new_lines_stay(length):
    text = "a \t b\tc\n d" + "e" * length
    assert clean(text) == "a b c\n d" + "e" * length


def test_words_taken_out_of_a_text_leave_all_else_in_its_place():
    areas = Words({"Ashfield": "E07000170", "North Ashfield": "L1"})
    text = "In North  Ashfield 3, in Ashfield 862"
    assert areas.without(text) == text.replace("Ashfield", " " * 8)
    assert areas.keys("North Ashfield") == {"L1"}
