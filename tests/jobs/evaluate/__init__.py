"""Mirror jobs/evaluate."""
