"""Order candidates by several predicted outcomes."""
