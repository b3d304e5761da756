"""Tests of running a night."""
