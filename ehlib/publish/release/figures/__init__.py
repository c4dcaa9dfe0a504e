"""Hidden figures, found again in tables, sentences and drawings."""
