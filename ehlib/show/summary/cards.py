"""Summary cards: one figure each, what it is, and how it stands, in word and sign."""

from dataclasses import asdict, dataclass
from html import escape

import pandas as pd
from IPython.display import HTML, display

from ehlib.load.areas import Areas
from ehlib.load.indicators import Indicator
from ehlib.measure.compare import filter_area, filter_type
from ehlib.show.cells import is_synthetic
from ehlib.show.sentences import begin, number, short_label
from ehlib.show.tables import MARKERS

AGAINST = {
    "better": "better than",
    "similar": "similar to",
    "worse": "worse than",
    "higher": "higher than",
    "lower": "lower than",
}
NONE = "not_available"
STATUSES = {
    *AGAINST,
    *("improving", "worsening", "no clear change"),
    *("done", "on track", "at risk", "late", "overdue", "not started"),
    *("", "not compared"),
}
KEPT = ["period", "status", "against"]
ENOUGH = 3  # districts with a figure from which the highest and the lowest are worth a card


@dataclass(frozen=True)
class Card:
    """One figure of a summary, in words as they are to be read.

    `label` names what is measured, the same in every quarter; `period` says when. `status` is one
    of `STATUSES`, compared with `against` where that is given. A `counted` card is counted in the
    index of the quarter, under `name` or else its label: use it once for each indicator in the
    whole set.
    """

    label: str
    value: str
    unit: str = ""
    period: str = ""
    status: str = ""
    against: str = ""
    note: str = ""
    counted: bool = False
    name: str = ""


def show_cards(cards: list[Card], of: pd.DataFrame | None = None) -> None:
    """Show figures at one look, each with its status in words beside the sign.

    Parameters
    ----------
    cards : list of Card
        Nothing is shown when there is none.
    of : DataFrame, optional
        The rows that the figures are from: they give the synthetic mark.

    Raises
    ------
    ValueError
        If a status is unknown, or a card has no label or value.
    """
    if not cards:
        return
    for card in cards:
        if card.status not in STATUSES:
            known = ", ".join(sorted(STATUSES - {""}))
            raise ValueError(f"card {card.label!r}: status is {card.status!r}; expected {known}")
        if not card.label.strip() or not card.value.strip():
            raise ValueError(f"card {card.label!r} needs a label and a value")
    judged = [_judged(card) for card in cards if card.counted and card.status]
    html = f'<ul class="cards" role="list">{"".join(map(_card, cards))}</ul>'
    facts = {"role": "cards", "judged": judged, "synthetic": of is not None and is_synthetic(of)}
    display(HTML(html), metadata={"ehlib": facts})


def count_cards(cards: list[Card]) -> None:
    """Have the index count some figures that the page shows in another way, such as in a table."""
    if cards:
        judged = [_judged(card) for card in cards if card.status]
        display(HTML(""), metadata={"ehlib": {"role": "cards", "judged": judged}})


def indicator_cards(latest: pd.DataFrame, indicator: Indicator, areas: Areas) -> list[Card]:
    """Cards of an indicator: the county against its benchmark, then highest and lowest district.

    Parameters
    ----------
    latest : DataFrame, one row per area
        Measures of one period with `comparison`.
    indicator : Indicator
        Names the figure and gives unit and decimals.
    areas : Areas
        The county's card is the one that the index counts.

    Returns
    -------
    list of Card
        Districts are left out of numbers, which are larger where more children live.
    """
    county = filter_area(latest, areas.county.code)
    cards = [
        _area(row, indicator, row["area_name"], counted=True) for _, row in county.iterrows()
    ]  # one row at most
    districts = filter_type(latest, "district").dropna(subset="value").sort_values("value")
    if len(districts) >= ENOUGH and indicator.method != "count":
        for word, (_, row) in zip(
            ("Highest", "Lowest"), districts.iloc[[-1, 0]].iterrows(), strict=True
        ):
            cards.append(_area(row, indicator, f"{word}: {row['area_name']}"))
    return cards


def status_words(card: Card) -> str:
    """Status of a card as a phrase: `worse than England`, `improving`."""
    if card.against and card.status in AGAINST:
        return f"{AGAINST[card.status]} {card.against}"
    return card.status


def _area(row: pd.Series, indicator: Indicator, label: str, *, counted: bool = False) -> Card:
    """Card of one area's figure, or of the marker that stands for it."""
    about = {"label": label, "period": short_label(row["period"]), "name": indicator.name}
    if pd.isna(row["value"]):
        notes = str(row["value_note"]).split(";")
        symbol, words = next((MARKERS[note] for note in MARKERS if note in notes), MARKERS[NONE])
        return Card(value=symbol, note=begin(words), **about)
    compared = row["comparison"] in AGAINST and pd.notna(row["benchmark_value"])
    return Card(
        value=number(row["value"], indicator.decimals),
        unit=indicator.unit,
        status=row["comparison"] if compared else "",
        against=row["benchmark_name"] if compared else "",
        note=_note(row, indicator),
        counted=counted and compared,
        **about,
    )


def _note(row: pd.Series, indicator: Indicator) -> str:
    """Limits of a figure and the benchmark's value, as far as they are known."""
    ends = [number(row[end], indicator.decimals) for end in ("lower_ci", "upper_ci")]
    limits = "" if pd.isna(row["lower_ci"]) else f"95% limits {' to '.join(ends)}"
    if pd.isna(row["benchmark_value"]):
        return limits
    other = f"{row['benchmark_name']} {number(row['benchmark_value'], indicator.decimals)}"
    return f"{limits}; {other}" if limits else other


def _judged(card: Card) -> dict[str, object]:
    """What the index needs of a card."""
    facts = asdict(card)
    words = f"{card.value}{'' if card.unit.startswith('%') else ' '}{card.unit}".strip()
    kept = {name: facts[name] for name in KEPT}
    return {"name": card.name or card.label, "value": words} | kept


def _card(card: Card) -> str:
    said = [
        f'<p class="label">{escape(card.label)}'
        + (f' <span class="period">{escape(card.period)}</span>' if card.period else "")
        + "</p>",
        f'<p class="value">{escape(card.value)}'
        + (f" <small>{escape(card.unit)}</small>" if card.unit else "")
        + "</p>",
    ]
    if card.status:
        said.append(f'<p class="status">{escape(begin(status_words(card)))}</p>')
    if card.note:
        said.append(f'<p class="note-line">{escape(card.note)}</p>')
    kind = f" {card.status.replace(' ', '-')}" if card.status else ""
    return f'<li class="card{kind}">{"".join(said)}</li>'
