"""What a notebook cell shows: title, findings, figures, tables, notes and sources."""

import re
from collections.abc import Mapping
from datetime import date
from html import escape

import pandas as pd
from IPython.display import HTML, Markdown, display
from matplotlib.axes import Axes

from ehlib.load.indicators import Indicator
from ehlib.show.charts import svg_uri
from ehlib.show.numbers.written import COUNTED, written_table
from ehlib.show.sentences import begin, count_words

BETTER = {
    "high_is_good": "higher is better",
    "low_is_good": "lower is better",
    "no_judgement": "not judged: higher or lower may each be good or bad",
}
METHODS = {
    "rate": "exact Poisson for fewer than 10 events and Byar's method from 10",
    "proportion": "Wilson's score method",
}
LISTED = 3  # sources that a figure or table names before it points to the foot of the page


def show_title(title: str, context: str, *, status: str = "shown") -> None:
    """Name the page and say in one line what it covers.

    Parameters
    ----------
    title : str
        Becomes the page's heading, its window title and its line in the index.
    context : str
        Area, period, benchmark and date of the data.
    status : str
        `shown`, or `no_data` when the page has no figure for its quarter.
    """
    COUNTED.begin()
    html = f"<h1>{escape(title)}</h1><p>{escape(context)}</p>"
    _emit(html, role="title", title=title, context=context, status=status)


def show_findings(findings: list[str]) -> None:
    """List what the page found, most important first; the first one stands in the index."""
    said = [finding for finding in findings if finding]
    html = "<ul>" + "".join(f"<li>{escape(finding)}</li>" for finding in said) + "</ul>"
    _emit(html, role="findings", findings=said)


def show_note(text: str) -> None:
    """Say something that must not be missed, in its own paragraph; nothing when it is empty."""
    if text:
        _emit(f'<p class="note">{escape(text)}</p>', role="note")


def show_markdown(text: str) -> None:
    """Write markdown as prose of the page, its headings under the section it stands in."""
    display(Markdown(text))


def show_figure(
    ax: Axes,
    *,
    narrow: Axes,
    alt: str,
    caption: str,
    of: pd.DataFrame,
    table: pd.DataFrame | None = None,
) -> None:
    """Write a chart or map as a figure that reads on a wide screen and on a phone.

    Parameters
    ----------
    ax, narrow : Axes
        The same drawn for a wide screen and for a phone.
    alt : str
        The finding in words, for those who do not see the picture.
    caption : str
        What is drawn, with its unit; the source line is added.
    of : DataFrame
        The rows drawn: they give the source line and the synthetic mark.
    table : DataFrame of text, optional
        The figures drawn, where no table of the page holds them: they open under the chart.

    Raises
    ------
    ValueError
        If the alternative text or the caption is empty, or the table has no rows.
    """
    if not alt.strip() or not caption.strip():
        raise ValueError("a figure needs alt text that states its finding, and a caption")
    html = (
        f'<figure><picture><source media="(max-width: 40em)" srcset="{svg_uri(narrow)}">'
        f'<img src="{svg_uri(ax)}" alt="{escape(alt)}"></picture>'
        f"<figcaption>{escape(caption)} {escape(source_line(of))}</figcaption></figure>"
    )
    behind, facts = "", {}
    if table is not None:
        written, told = written_table(table, caption=caption, source=source_line(of))
        behind = f"<details><summary>Figures behind this chart</summary>{written}</details>"
        facts = {"table": told}
    _emit(html + behind, role="figure", synthetic=is_synthetic(of), **facts)


def show_table(
    table: pd.DataFrame,
    *,
    caption: str,
    of: pd.DataFrame | None = None,
    note: str = "",
    headers: int = 1,
) -> None:
    """Write a finished table of text with a caption, header scopes and a note on its markers.

    Parameters
    ----------
    table : DataFrame of text
        Cells as they are to be read; column names carry the units.
    caption : str
        What the table holds.
    of : DataFrame, optional
        The rows it was made from: they give the source line and the synthetic mark. Left out for
        a table that holds no figure about children.
    note : str
        What a reader must know of the cells, under the table.
    headers : int
        How many leading columns name the row.

    Raises
    ------
    ValueError
        If the caption is empty or the table has no rows.
    """
    source = "" if of is None else source_line(of)
    html, told = written_table(table, caption=caption, source=source, note=note, headers=headers)
    _emit(html, role="table", synthetic=of is not None and is_synthetic(of), table=told)


def show_facts(facts: Mapping[str, str]) -> None:
    """List facts, each under its name; those without words are left out."""
    _emit(_facts(facts), role="note")


def show_definition(indicator: Indicator, latest: pd.DataFrame | None = None) -> None:
    """Say what an indicator counts, which way is good, and what to beware of.

    Parameters
    ----------
    indicator : Indicator
        From the catalogue.
    latest : DataFrame, optional
        The rows shown: their period decides which version of the definition is described.
    """
    start = indicator.versions[0].start if latest is None else latest["period_start"].max().date()
    version = indicator.version_at(start)
    earlier = version == indicator.versions[0] and len(indicator.versions) > 1
    facts = {
        "Counts": version.numerator,
        "Out of": version.denominator,
        "Unit": version.unit,
        "Direction": BETTER[version.polarity],
        "In the plan": (earlier and indicator.impact_name) or indicator.plan_name,
        "Changed": "" if version == indicator.versions[0] else version.reason,
        "Limits": _method(version.method, indicator, latest),
        "Beware": indicator.caveat,
    }
    _emit(f"<h3>{escape(version.name)}</h3>{_facts(facts)}", role="note")


def show_sources(rows: pd.DataFrame, *others: str, described: list[dict] | None = None) -> None:
    """List the sources of the rows a page has shown, and any other source in words.

    Parameters
    ----------
    rows : DataFrame
        With `source_name`.
    others : str
        Further sources, such as that of the boundaries.
    described : list of dict, optional
        Sources as `read_sources` gives them, for the licence and day of retrieval of each.
    """
    said = {each["name"]: each for each in described or []}
    names = sorted(rows["source_name"].drop_duplicates())
    listed = [*(f"{name}{_terms(said.get(name, {}))}" for name in names), *others]
    items = "".join(f"<li>{escape(name)}</li>" for name in listed)
    _emit(f'<h3>Sources</h3><ul class="sources">{items}</ul>', role="sources")


def _terms(source: Mapping[str, object]) -> str:
    """Licence of a source and the day it was retrieved, as far as they are told."""
    licence, day = begin(str(source.get("licence", ""))), str(source.get("retrieved", ""))
    if re.fullmatch(r"\d{4}-\d\d-\d\d", day):
        when = date.fromisoformat(day)
        day = f"{when.day} {when:%B %Y}"
    told = [licence, f"Retrieved {day}" if day else ""]
    return "".join(f". {each}" for each in told if each) + ("." if licence or day else "")


def is_synthetic(rows: pd.DataFrame) -> bool:
    """Whether any row is of the synthetic sample."""
    return bool(rows["value_note"].str.contains("synthetic").any())


def source_line(rows: pd.DataFrame) -> str:
    """Sources of some rows in short, with the word synthetic where it is due.

    Of each only publisher and publication are named, up to a colon or bracket: the page lists
    them in full at its foot.
    """
    names = sorted(set(rows["source_name"].str.split(": | \\(", regex=True).str[0]))
    label = "Source" if len(names) == 1 else "Sources"
    left = len(names) - LISTED
    rest = [f"and {count_words(left, 'more source')}, named below"] if left > 0 else []
    mark = "Synthetic sample, not real children. " if is_synthetic(rows) else ""
    return f"{mark}{label}: {'; '.join([*names[:LISTED], *rest])}."


def _method(method: str, indicator: Indicator, latest: pd.DataFrame | None) -> str:
    """How limits were found, if any are shown."""
    if method not in METHODS or (latest is not None and latest["lower_ci"].isna().all()):
        return ""
    given = "" if indicator.data_class == "case" else "the publisher's where it gives them, else "
    return f"95%, {given}{METHODS[method]}"


def _facts(facts: Mapping[str, str]) -> str:
    said = "".join(
        f"<dt>{escape(name)}</dt><dd>{escape(words)}</dd>" for name, words in facts.items() if words
    )
    return f"<dl>{said}</dl>"


def _emit(html: str, **facts: object) -> None:
    """Display html with the facts that the page template reads from the output's metadata."""
    display(HTML(html), metadata={"ehlib": facts})
