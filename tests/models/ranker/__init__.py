"""Tests of models.ranker."""
