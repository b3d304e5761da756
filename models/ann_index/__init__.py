"""Search title vectors fast, and know the recall that it costs."""
