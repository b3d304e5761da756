"""Check that any index agrees with exact search."""
