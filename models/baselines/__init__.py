"""Stand beside every model: popularity, EASE, transition counts."""
