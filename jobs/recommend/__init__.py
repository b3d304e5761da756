"""Turn models and features into pages of rows."""
