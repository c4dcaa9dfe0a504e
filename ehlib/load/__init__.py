"""Raw extracts read, checked and turned into observations."""
