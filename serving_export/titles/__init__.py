"""Serve titles that play: keys, signed addresses, edges, a loopback server and its player page."""
