"""Quality audits on a page: how many, of which services, and how many adequate or better."""

from collections.abc import Mapping

import pandas as pd

from ehlib.load.areas import Areas
from ehlib.load.indicators import Indicator
from ehlib.load.periods import in_words, parse_quarter
from ehlib.show.cases.episodes import categories_table, when
from ehlib.show.numbers import marked, unmarked
from ehlib.show.sentences import count_words, list_words, short_label, with_unit
from ehlib.show.tables import counts_text, missing_marker


def audits_context(rows: pd.DataFrame, areas: Areas, *, quarter: str) -> str:
    """Line under the title of a page on quality audits; `quarter` stands in for no rows."""
    then = when(rows) or in_words(parse_quarter(quarter))
    return f"{areas.county.name}, {then}. Counted from records of audits."


def audits_findings(
    own: pd.DataFrame, services: pd.DataFrame, indicators: Mapping[str, Indicator]
) -> list[str]:
    """What share of social care audits was adequate or better, then of each service.

    Parameters
    ----------
    own : DataFrame
        The county's totals of `quality_audits_adequate` and `quality_audits`.
    services : DataFrame
        Its `audits_adequate` by service, latest quarter.
    indicators : mapping
        The catalogue.

    Returns
    -------
    list of str
    """
    if own.empty:
        return ["No quality audits are held by the end of the quarter."]
    latest = own[own["period_start"] == own["period_start"].max()]
    rows = latest.drop_duplicates("indicator_id").set_index("indicator_id")
    said = []
    if "quality_audits_adequate" in rows.index:
        said.append(_adequate(rows.loc["quality_audits_adequate"], indicators, when(latest)))
    if "quality_audits" in rows.index and pd.notna(rows.loc["quality_audits", "numerator"]):
        count = count_words(int(rows.loc["quality_audits", "numerator"]), "quality audit")
        said.append(f"{count} of all services were carried out in {when(latest)}.")
    return [*said, services_sentence(services)]


def _adequate(row: pd.Series, indicators: Mapping[str, Indicator], then: str) -> str:
    indicator = indicators["quality_audits_adequate"]
    if pd.isna(row["value"]):
        return f"How many social care audits were adequate or better in {then} is hidden."
    share = with_unit(row["value"], indicator)
    return (
        f"{share} of children's social care audits in {then} were assessed as adequate or better "
        f"({row['numerator']:,.0f} of {row['denominator']:,.0f})."
    )


def adequate_table(own: pd.DataFrame) -> pd.DataFrame:
    """One row a quarter, latest first: audits adequate or better, out of how many, limits."""
    rows = own.sort_values("period_start", ascending=False)
    table = categories_table(rows.assign(category=""), "Quarter", "judged")
    return table.assign(Quarter=list(rows["period"].map(short_label)))


def services_sentence(services: pd.DataFrame) -> str:
    """Share adequate or better of each service, highest first; alt text of the bars too."""
    known = services.dropna(subset="value").sort_values("value", ascending=False)
    if known.empty:
        return "The figures by service are hidden, since some of the numbers are small."
    said = [f"{row.category} {row.value:.1f}%" for row in known.itertuples()]
    return f"Adequate or better by service in {when(known)}: {list_words(said)}."


def as_places(services: pd.DataFrame) -> pd.DataFrame:
    """Services as rows of a chart of areas: their names in place of the area's."""
    names = services["category"].str[:1].str.upper() + services["category"].str[1:]
    return services.assign(area_name=names, area_type="district")


def services_table(services: pd.DataFrame) -> pd.DataFrame:
    """One row a quarter, latest first, one column a service: per cent and number out of number."""
    counts = counts_text(services["numerator"], services["value_note"])
    out_of = counts_text(services["denominator"], services["value_note"])
    texts = [
        missing_marker(note) if pd.isna(value) else f"{value:.1f}% ({count} of {total})"
        for value, note, count, total in zip(
            services["value"], services["value_note"], counts, out_of, strict=True
        )
    ]
    rows = services.assign(text=marked(texts, services, "value", "number", "out_of"))
    wide = rows.pivot_table(index="period", columns="category", values="text", aggfunc="first")
    wide = wide.sort_index(ascending=False).fillna("[x]").rename(index=short_label)
    wide = wide.rename(columns=lambda name: name[:1].upper() + name[1:]).reset_index()
    return unmarked(wide.rename(columns={"period": "Quarter"}).rename_axis(columns=None))
