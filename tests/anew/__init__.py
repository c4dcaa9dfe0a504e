"""Numbers of pages calculated anew from the observations, by arithmetic apart from ehlib's."""

from anew.closing import closed_within, episodes, median_weeks, share_closed
from anew.counted import limits_of, number, of_districts, out_of, per_thousand, value_of
from anew.gaps import between, change, ratio
from anew.known import Known, UnknownIdError
from anew.places import middle, others, rank
from anew.pupils import gap
from anew.series import since_april, usual, year_change

__all__ = ["LEFT_OUT", "Known", "UnknownIdError", "recalculated"]

MEASURES = {
    "value": value_of,
    "number": number,
    "out_of": out_of,
    "limits": limits_of,
    "of_districts": of_districts,
    "per_thousand": lambda key, known: per_thousand(key, known)[:1],
    "per_thousand_limits": lambda key, known: per_thousand(key, known)[1:],
    "since_april": since_april,
    "usual": usual,
    "year_change": year_change,
    "others": others,
    "middle": middle,
    "rank": rank,
    "between": lambda key, known: between(key, known)[:1],
    "between_limits": lambda key, known: between(key, known)[1:],
    "ratio": lambda key, known: ratio(key, known)[:1],
    "ratio_limits": lambda key, known: ratio(key, known)[1:],
    "change": lambda key, known: change(key, known)[:1],
    "change_limits": lambda key, known: change(key, known)[1:],
    "gap": lambda key, known: gap(key, known)[:1],
    "gap_limits": lambda key, known: gap(key, known)[1:],
    "episodes": episodes,
    "median_weeks": median_weeks,
    "closed_within": closed_within,
    "share_closed": share_closed,
}
# Measures that are knowingly not calculated anew, each with its reason.
LEFT_OUT = {
    "fifth": "ranks neighbourhoods by scores that are means of others, over tables of area codes",
    "neighbourhoods": "counts neighbourhoods of a district, over tables of area codes",
}


def recalculated(number_id: str, known: Known) -> list[float] | None:
    """Numbers that a cell with this id must show; None for those of `LEFT_OUT`.

    Raises
    ------
    UnknownIdError
        If the measure is of no known kind, or the key of no figure that may be shown.
    """
    key, _, measure = number_id.rpartition(".")
    if measure in LEFT_OUT:
        return None
    if measure not in MEASURES:
        raise UnknownIdError(f"the measure {measure!r} is of no known kind")
    return MEASURES[measure](key, known)
