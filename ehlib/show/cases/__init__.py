"""Pages made from case records: their findings, tables and charts."""
