"""Tests of the jobs that build the tables models read."""
