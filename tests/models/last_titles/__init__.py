"""Check the tower over the last titles against arithmetic done by hand and on a known cycle."""
