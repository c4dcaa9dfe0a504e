"""Charts, maps, tables and sentences for the cells of a notebook."""
