"""Rules of files, tables and columns, before anything is known of what a row means."""

from ehlib.load.sources.rules.kinds import error, note, warning

CELLS = {  # the cells of a file, before anything is known of their meaning (load/tables)
    "file_empty": error(
        "Nothing, or only blank space, is in the file.",
        "a header and rows",
        "export the file again",
    ),
    "file_locked": error(
        "Another program holds the file, or it may not be read.",
        "a file that can be opened",
        "close it in Excel and try again",
    ),
    "file_kind": error(
        "The content is a web page, a PDF, a picture, an archive or the like.",
        "CSV, XLSX, XLS of Excel 97 or later, or ODS",
        "open it in Excel or LibreOffice and save the table as XLSX or CSV",
    ),
    "file_binary": error(
        "The file has bytes that no text has.", "text", "export the file again, as CSV UTF-8"
    ),
    "file_encoding": error(
        "The text is neither UTF-8, UTF-16 nor Windows-1252.",
        "UTF-8",
        "export the file again, as CSV UTF-8",
    ),
    "file_truncated": error(
        "The file stops in the middle of a row.",
        "as many cells as in the rows above, and a line end",
        "copy, download or export the file again",
    ),
    "line_too_long": error(
        "A line or a text has no end within any reasonable length.",
        "one row a line",
        "export the file again, as CSV UTF-8",
    ),
    "quotation_open": error(
        "A double quote that opens a text is not closed, or text stands after the closing one.",
        "every double quote to be closed, and written twice inside a text",
        "correct the double quotes",
    ),
    "too_many_columns": error(
        "The table has more than 2,000 columns.",
        "at most 2,000 columns",
        "keep the columns of the table only",
    ),
    "column_repeated": error(
        "Two columns have one name.", "one name for each column", "rename or remove one of them"
    ),
    "column_nameless": error(
        "A column holds text under no name.",
        "one name for each column",
        "name the column, or remove it",
    ),
    "row_too_long": error(
        "Text stands beyond the named columns of a row.",
        "",
        "put text with a comma or other separator in double quotes, or remove the extra cells",
    ),
    "personal_data": error(
        "A cell looks like an NHS, pupil or telephone number, a postcode, an e-mail address or "
        "a date of birth; it is never repeated.",
        "no personal data",
        "take the column, or all such cells, out and export it again; write an area as its code",
    ),
    "workbook_protected": error(
        "The workbook is protected with a password.",
        "one without a password",
        "save a copy without a password",
    ),
    "workbook_broken": error(
        "The workbook cannot be read to its end.",
        "a workbook as a spreadsheet program writes it",
        "open it in Excel or LibreOffice and save it again, or export it again",
    ),
    "workbook_too_large": error(
        "The workbook unpacks to more than should be read, or is packed suspiciously tightly.",
        "at most 150 MB a sheet, 400 MB in all, 4,000,000 cells a sheet",
        "save the table as CSV",
    ),
    "workbook_far_cell": error(
        "A cell stands so far away that the sheet spans more than 4,000,000 cells.",
        "a sheet of at most 4,000,000 cells, empty ones between filled ones too",
        "delete the cell, or save the table alone as CSV",
    ),
    "workbook_doctype": error(
        "The workbook's XML declares a document type or entities: no honest one does.",
        "a workbook as a spreadsheet program writes it",
        "do not open it: ask the sender for a new file, or for the table as CSV",
    ),
    "workbook_paths": error(
        "Parts of the workbook point outside it, or are there twice.",
        "a workbook as a spreadsheet program writes it",
        "do not open it: ask the sender for a new file, or for the table as CSV",
    ),
    "workbook_kind": error(
        "The workbook is binary (XLSB) or older than Excel 97.",
        "XLSX, XLS of Excel 97 or later, or ODS",
        "open it in Excel or LibreOffice and save the table as XLSX or CSV",
    ),
    "column_personal": warning(
        "A column for personal data was dropped on reading.",
        "no personal data",
        "leave the column out of the export",
    ),
    "formula_text": warning(
        "Text that a spreadsheet would run as a formula.",
        "plain text or a number",
        "write the value in place of the formula",
    ),
    "formula_without_value": warning(
        "Formulas whose results are not stored in the workbook: their cells read as empty.",
        "formulas with their results",
        "open the workbook in Excel, save it and try again",
    ),
    "lines_above_header": note("Lines above the header were left out."),
    "footnotes_left_out": note("Lines below the table were left out."),
    "header_repeated": note("The header stands again between the rows and was left out there."),
    "column_empty": note("Columns without a name and without text were left out."),
    "read_as_cp1252": note(
        "The text is in Windows-1252.", "UTF-8", "if letters look wrong, save it as CSV UTF-8"
    ),
    "sheet_hidden": note(
        "A hidden sheet was read like the others.", "", "delete the sheet if it must not be used"
    ),
}
FILES = {  # a file, or a table of it, as a whole
    "file_refused": error(
        "The file cannot be read at all; the message says why.",
        "a file of a kind that is known",
        "mend what the message names and try again",
    ),
    "file_unknown": error(
        "Nothing in the file looks like a kind of extract that is known.",
        "a header of a kind that is known",
        "README.md lists the columns of each kind: add those that are missing",
    ),
    "column_missing": error(
        "A column is not there without which the rows mean nothing.",
        mend="add the column to the extract",
    ),
    "column_unknown": error(
        "A column of a tidy file is not one of the format: it may change what the rows mean.",
        mend="delete the column, or put it into category_type and category",
    ),
    "no_rows": error(
        "There is a header and nothing below it.", "one row a figure or record", "export it again"
    ),
    "indicator_not_named": error(
        "The file gives figures but not of which indicator.",
        "a column indicator_id, or the file's entry in sources.toml with one indicator",
        "add the column, or an entry with `file` and `indicators` to sources.toml beside the file",
    ),
    "edition_unknown": error(
        "The file does not say which edition of the indices, or which year, it is.",
        "a year in a column edition or year, the header, the sheet's or the file's name",
        "add a column edition with the year",
    ),
    "not_a_table": note(
        "The file is of a kind that holds no table; it is left out.",
        "CSV or a workbook",
        "nothing to do, or save its table as CSV",
    ),
    "source_file": error("The sources.toml beside the extracts cannot be read as described."),
    "not_figures": note("A list that is known and holds no figures: nothing of it is loaded."),
    "sheet_left_out": note("A sheet of a workbook holds no table that is known."),
}
COLUMNS = {  # columns, and rows as a whole
    "column_left_out": warning("A column that nothing here reads was left out."),
    "left_out": note("A row or a figure was left out for the reason given."),
}
