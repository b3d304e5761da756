"""Check the weekly and nightly trainings, and what they leave for the night."""
