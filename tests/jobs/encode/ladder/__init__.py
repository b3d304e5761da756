"""Tests of jobs/encode/ladder."""
