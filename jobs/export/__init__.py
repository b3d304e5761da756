"""Write a version, verify it and swap it in."""
