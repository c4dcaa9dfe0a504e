"""What a board reads: outcomes, actions, exceptions, and what changed since the last report."""
