"""Gaps between children, places and years: their sentences, charts, maps and tables."""
