"""Children of an area as the denominator of its counts."""

import pandas as pd

PER_POPULATION = ["mash_enquiries", "early_help_episodes", "early_help_closed", "early_help_open"]


def with_populations(
    counts: pd.DataFrame, populations: pd.DataFrame, members: pd.DataFrame
) -> pd.DataFrame:
    """Counts with the children of the area as denominator, where the indicator is a rate.

    Parameters
    ----------
    counts : DataFrame
        With `indicator_id`, `area_code`, `period`, `category_type`, `denominator`, `value_note`.
    populations : DataFrame of observations
        `population_0_17` of the districts at mid-year.
    members : DataFrame
        `area_code` and `district`: the districts that each area is made of.

    Returns
    -------
    DataFrame, same rows
        The middle of the year in which a financial year begins is its denominator, with the notes
        on it; `not_available` where a district has none.
    """
    people = populations[populations["indicator_id"] == "population_0_17"]
    people = people.assign(people=people["numerator"].fillna(people["value"]))
    people = people.rename(
        columns={"area_code": "district", "period": "year", "value_note": "said"}
    )
    counts = counts.assign(year=counts["period"].str[:4])
    grid = members.merge(counts[["year"]].drop_duplicates(), how="cross")
    grid = grid.merge(
        people[["district", "year", "people", "said"]],
        on=["district", "year"],
        how="left",
        validate="m:1",
    ).fillna({"said": "not_available"})
    sums = grid.groupby(["area_code", "year"], dropna=False, observed=True).agg(
        people=("people", lambda part: part.sum(skipna=False)),
        said=("said", lambda part: ";".join(sorted({*";".join(part).split(";")} - {""}))),
    )
    counts = counts.merge(sums, on=["area_code", "year"], how="left", validate="m:1")
    rate = counts["indicator_id"].isin(PER_POPULATION) & (counts["category_type"] == "")
    counts["denominator"] = counts["denominator"].where(~rate, counts["people"])
    # A count of Annex A and the like has nothing it is out of; a part is out of the whole.
    notes = counts["value_note"] + counts["said"].where(rate, "")
    return counts.assign(value_note=notes.str.strip(";"))
