"""Tests of what must hold of tables."""
