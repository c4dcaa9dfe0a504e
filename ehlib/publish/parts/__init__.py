"""What a page is put together from: its frame, sections, commentary, tables and glossary links."""
