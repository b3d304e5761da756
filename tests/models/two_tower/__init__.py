"""Check the two-tower model against arithmetic done by hand."""
