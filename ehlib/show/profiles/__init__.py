"""Profiles of places and of groups of children: charts, maps, tables and what they say."""
