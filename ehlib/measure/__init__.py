"""Values, limits, comparisons and protection of small numbers."""
