"""Tests of jobs/encode."""
