"""Making a quarter's set: what is to be run, how many at once, and the set put together."""
