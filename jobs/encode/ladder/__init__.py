"""From what probes cost and score to the rungs of a title: pure functions over numbers."""
