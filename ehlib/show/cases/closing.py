"""How long early help lasts: the curve of closing, its table, its findings in words."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from ehlib.load.periods import in_words, parse_quarter
from ehlib.measure.survival import SHARE_WEEKS
from ehlib.show.charts import INK, NARROW, RULE, WIDE, new_axes
from ehlib.show.numbers import marked, unmarked
from ehlib.show.sentences import begin, list_words, number, short_label
from ehlib.show.tables import counts_text, marker
from ehlib.show.trends import BAND, EDGE, SHARES

DASHES = ["solid", (0, (5, 2)), (0, (2, 1.5)), (0, (6, 2, 1, 2)), (0, (1, 1))]
WEEKS_APART = 4
HIDDEN = "How long episodes last is hidden, since some of the numbers are small."


def plot_closing(curves: pd.DataFrame, *, narrow: bool = False) -> Axes:
    """Percentage of episodes closed by each week, one line a need level.

    Parameters
    ----------
    curves : DataFrame, one row a level and week
        As `survival.aggregate_curves` gives it; limits are drawn where one level alone is.
    narrow : bool
        Drawn for a phone.

    Returns
    -------
    Axes
        Each line is told by its colour, its dashes and its name at the end.
    """
    levels = [level for level in curves["level"].unique() if level] or [""]
    drawn = curves[curves["level"].isin(levels)]
    ax = new_axes(height=3.6, width=NARROW if narrow else WIDE)
    for level, colour, dashes in zip(levels, SHARES, DASHES, strict=False):
        rows = drawn[drawn["level"] == level].sort_values("week")
        line = {"color": colour, "linestyle": dashes, "linewidth": 1.8}
        ax.plot(rows["week"], rows["value"], **line)  # straight across a band of weeks
        if len(levels) == 1:
            limits = rows["week"], rows["lower_ci"], rows["upper_ci"]
            ax.fill_between(*limits, color=BAND, edgecolor=EDGE, zorder=0)
        last = rows.iloc[-1]
        name = begin(level) or "All"
        place = (last["week"], last["value"])
        ax.annotate(name, place, xytext=(5, 0), textcoords="offset points", va="center", color=INK)
    ax.axhline(50, color=RULE, linewidth=0.8, zorder=0)
    ax.axvline(SHARE_WEEKS, color=RULE, linewidth=0.8, zorder=0)
    ax.set_ylim(0, 100)
    ax.set_xlim(0, 68 if narrow else 60)
    ax.set_xlabel("Weeks since the episode opened", loc="left")
    ax.set_ylabel("Per cent closed")
    ax.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 1.3, 2.6, 5.2, 10]))
    ax.set_xticks([0, 13, 26, 39, 52])
    return ax


def closing_sentence(times: pd.DataFrame, area_code: str) -> str:
    """How long it takes until half the episodes have closed, and what share has by half a year.

    Parameters
    ----------
    times : DataFrame
        As `survival.aggregate_time_to_close` gives it.
    area_code : str
        The area spoken of; its latest period.
    """
    rows = _latest(times, area_code)
    whole = rows[(rows["level"] == "") & rows["value"].notna()]
    if whole.empty:
        return HIDDEN
    row = whole.iloc[0]
    when = in_words(parse_quarter(row["period"])).split(" to ")[-1]
    share = (
        f"{number(row['value'])}% within {SHARE_WEEKS} weeks "
        f"(95% limits {number(row['lower_ci'])} to {number(row['upper_ci'])})"
    )
    about = f"Of early help episodes opened in the year to {when} in {row['area_name']}"
    if pd.isna(row["median"]):
        return f"{about}, an estimated {share} had closed; less than half have closed so far."
    half = f"half had closed after {row['median']:.0f} weeks"
    return f"{about}, an estimated {half}, and {share}."


def levels_sentence(times: pd.DataFrame, area_code: str) -> str:
    """Weeks until half had closed, by need level; alt text of the curve."""
    rows = _latest(times, area_code)
    known = rows[(rows["level"] != "") & rows["median"].notna()].sort_values("level")
    if known.empty:
        return closing_sentence(times, area_code)
    said = [f"{row.median:.0f} weeks at {row.level}" for row in known.itertuples()]
    return f"Half the episodes had closed after {list_words(said)}."


def closing_table(times: pd.DataFrame, area_code: str) -> pd.DataFrame:
    """One row a need level of the latest quarter: episodes, weeks until half closed, share closed.

    Parameters
    ----------
    times : DataFrame
        As `survival.aggregate_time_to_close` gives it.
    area_code : str
        The area shown.

    Returns
    -------
    DataFrame of text
    """
    rows = _latest(times, area_code).sort_values("level")
    names = {"Need level": [begin(level) or "All" for level in rows["level"]]}
    return _times_table(names, rows)


def curves_table(curves: pd.DataFrame, weeks: pd.DataFrame) -> pd.DataFrame:
    """Percentage closed by every fourth week, one column a need level: what the curves draw.

    Parameters
    ----------
    curves : DataFrame
        As `survival.aggregate_curves` gives it.
    weeks : DataFrame
        The area's counts that it was made from: their latest period is the curves'.
    """
    steps = curves.pivot_table(index="week", columns="level", values="value")
    ends = curves.groupby("level")["week"].max()
    whole = steps.reindex(range(int(ends.max()) + 1)).ffill()  # a curve stays until its next step
    whole = whole.where(whole.index.to_numpy()[:, None] <= ends[whole.columns].to_numpy())
    every = whole[whole.index % WEEKS_APART == 0].rename_axis("week").reset_index()
    every = every.melt(id_vars="week", var_name="level").dropna(subset="value")
    last = weeks.sort_values("period_start").iloc[-1]
    keyed = every.assign(**last[["indicator_id", "area_code", "period", "sex", "age"]])
    levels = every["level"].where(every["level"] != "", "all")
    keyed = keyed.assign(category_type="closed_by", category=levels)
    keyed["category"] += [f", week {week}" for week in every["week"]]
    texts = [number(value, 1) for value in every["value"]]
    drawn = every.assign(text=marked(texts, keyed, "share_closed"))
    wide = drawn.pivot_table(index="week", columns="level", values="text", aggfunc="first")
    wide = wide.fillna("")
    wide = wide.rename(columns=lambda level: begin(level) or "All")
    wide.insert(0, "Weeks", [f"{week:.0f}" for week in wide.index])
    return unmarked(wide.reset_index(drop=True).rename_axis(columns=None))


def quarters_closing_table(times: pd.DataFrame, area_code: str) -> pd.DataFrame:
    """The same for all levels together, one row a quarter, latest first."""
    own = times[(times["area_code"] == area_code) & (times["level"] == "")]
    rows = own.sort_values("period_start", ascending=False)
    return _times_table({"Year to the end of": list(rows["period"].map(short_label))}, rows)


def _times_table(names: dict[str, list[str]], rows: pd.DataFrame) -> pd.DataFrame:
    """Number, weeks and share of each row, under the names given."""
    kinds = rows["level"].where(rows["level"] == "", "need_level")
    keyed = rows.assign(indicator_id="early_help_weeks", sex="persons", age="0-17")
    keyed = keyed.assign(category_type=kinds, category=rows["level"])
    counts = counts_text(rows["episodes"], rows["value_note"])
    weeks, shares = _with_limits(rows, "median", 0), _with_limits(rows, "value", 1)
    columns = {
        "Episodes opened": marked(counts, keyed, "episodes"),
        "Weeks until half had closed": marked(weeks, keyed, "median_weeks"),
        f"Closed within {SHARE_WEEKS} weeks (%)": marked(shares, keyed, "closed_within"),
    }
    return unmarked(pd.DataFrame(names | columns))


def _latest(times: pd.DataFrame, area_code: str) -> pd.DataFrame:
    own = times[times["area_code"] == area_code]
    return own[own["period_start"] == own["period_start"].max()]


def _with_limits(rows: pd.DataFrame, column: str, decimals: int) -> list[str]:
    """Estimates with their limits; open where the limit was not reached."""
    names = ("value", "lower_ci", "upper_ci")
    if column == "median":
        names = ("median", "median_lower", "median_upper")
    texts = []
    for value, lower, upper, note in zip(
        *(rows[name] for name in names), rows["value_note"], strict=True
    ):
        if pd.isna(value):
            texts.append(marker(note) if "suppressed" in note else "not reached")
            continue
        ends = [number(end, decimals) if pd.notna(end) else "not reached" for end in (lower, upper)]
        texts.append(f"{number(value, decimals)} ({ends[0]} to {ends[1]})")
    return texts
