"""Say what must hold of every table, and stop the night when it does not."""
