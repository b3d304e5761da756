"""Rank candidates by what a profile will watch, finish and like; see `fit`, `load`, `NightRanker`."""
