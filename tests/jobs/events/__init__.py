"""Tests of importing, landing and building events."""
