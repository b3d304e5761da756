"""Do the work of the night: one file per task, pure functions, then a short main."""
