"""Tests of the check command."""
