"""Check that pages are right, whole, explained and the same whatever the size of blocks."""
