"""Tests of jobs/export."""
