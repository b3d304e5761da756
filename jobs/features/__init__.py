"""Build the tables that models read."""
