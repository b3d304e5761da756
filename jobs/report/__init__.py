"""Show what a night made, on one page."""
