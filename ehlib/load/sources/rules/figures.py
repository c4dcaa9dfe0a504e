"""Rules of rows that hold figures: what each is about, and its numbers."""

from ehlib.load.sources.rules.kinds import CORRECT, ONE_OF, SWAPPED, error, note

ABOUT = {  # what a row is about
    "indicator_unknown": error(
        "The indicator is not in the catalogue.",
        "an id of the catalogue",
        "see `ehlib indicators`, or add it to data/reference/indicators.toml",
    ),
    "area_unknown": error(
        "Neither the code nor the name is that of an area.",
        "the code or name of one area in England",
        "correct the code, or add the change to data/reference/area_changes.csv",
    ),
    "area_ambiguous": error(
        "The name is that of several areas.", "the code of one area", "write the code as well"
    ),
    "area_disagrees": error(
        "The code is that of one area and the name that of another.",
        "a code and a name of the same area",
        "correct the code or the name",
    ),
    "area_type_disagrees": error(
        "The type of area given is not that of the area: types would be mixed.",
        "the type of the area that the code names",
        "correct the type or the code, or leave the type empty",
    ),
    "area_outside": note("An area outside England, or no council's: the row was left out."),
    "period_unknown": error(
        "The period is not one of the indicator's calendar.",
        mend="write the period as the indicator's calendar has it",
    ),
    "period_is_date": error(
        "The period is a date, as a spreadsheet makes of `2011-12`: it could mean several.",
        mend="write the period as text in the form that is expected, not as a date",
    ),
    "calendar_unknown": error(
        "The calendar of the indicator is not known, so its periods have no days.",
        "an indicator of the catalogue, or periods of a kind that is known",
        "add the indicator with its calendar to data/reference/indicators.toml",
    ),
    "sex_unknown": error("The word for sex is not known.", "persons, female or male", ONE_OF),
    "category_unknown": error(
        "A category is named without its type, or a type without a category.",
        "category and category_type, or neither",
        "fill in both or neither",
    ),
    "value_note_unknown": error("The note is none of the words known.", mend=ONE_OF),
    "key_repeated": error(
        "Rows about the same indicator, area, period and breakdown contradict each other.",
        "one row an indicator, area, period and breakdown",
        "delete the row that is out of date",
    ),
    "rows_merged": note("Rows say again what another row says; they were taken once."),
    "counted_from_cases": error(
        "A figure is given for what is counted from case records here.",
        "either the figure or the records",
        "remove the row, since the records are counted here",
    ),
    "figure_elsewhere": note(
        "Two publishers give different figures; the one that tells more is kept.",
        "one figure",
        "nothing to do: the one that tells more is kept",
    ),
}
NUMBERS = {  # numbers, each by itself and beside the others
    "number_unreadable": error(
        "A cell where a number belongs is neither a number nor a known symbol.",
        "a number, nothing, or a symbol such as [c]",
        CORRECT,
    ),
    "number_ambiguous": error(
        "A comma may separate thousands or decimals: the column holds both.",
        "a point before decimals",
        "write decimals with a point and thousands without a comma",
    ),
    "marker_unclear": error(
        "A mark stands behind the number, and what it means is not certain.",
        "the number alone, or with a mark that is known such as [p] or [r]",
        "take the mark off; write provisional, estimated, unreliable or revised in value_note "
        "if that fits",
    ),
    "cell_error": error(
        "The cell holds an error of the spreadsheet.",
        "a number, nothing, or a symbol such as [c]",
        "mend the formula in the workbook and export it again",
    ),
    "rounds_to_zero": note(
        "The figure is below what its publisher prints: it is left empty, not taken for 0."
    ),
    "series_break": note("The publisher marks a break in the series at this figure."),
    "footnote_mark": note("A footnote's number stood behind the figure and was left out."),
    "numerator_negative": error("A count is negative.", "0 or more", "correct it"),
    "denominator_negative": error("A count is negative.", "0 or more", "correct it"),
    "value_negative": error("A percentage, rate or count is negative.", "0 or more", "correct it"),
    "percentage_above_100": error("A percentage is above 100.", "at most 100", "correct it"),
    "share_for_percentage": error(
        "The value is a share of 1 where percentages belong.",
        "a percentage, such as 57 for 0.57",
        "multiply by 100 the values of this indicator that are shares, and no others",
    ),
    "numerator_above_denominator": error(
        "A part is larger than the whole that it is part of.", "at most the denominator", SWAPPED
    ),
    "value_not_from_counts": error(
        "The value contradicts the counts beside it by more than rounding.",
        "a value that follows from the counts beside it, in the indicator's unit",
        "correct the value or the counts, or leave the value empty",
    ),
    "value_outside_limits": error(
        "The value lies outside its own limits.",
        "a value between lower_ci and upper_ci",
        "correct the value or the limits; check whether the limits are swapped",
    ),
    "limits_alone": error(
        "There are limits and no figure.",
        "lower_ci and upper_ci only beside a figure",
        "fill in the figure, or empty both limits and write not_available in value_note",
    ),
    "figure_missing": error(
        "The row has no figure and does not say why.",
        "a figure, or a value_note why there is none",
        "give a figure, or in value_note suppressed, not_available, not_applicable or unreliable",
    ),
}
