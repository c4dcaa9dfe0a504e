"""What statistical methods show and say: charts, maps, tables, sentences, and their page."""
