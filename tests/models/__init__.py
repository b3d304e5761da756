"""Check that models learn, rank and are judged as they say."""
