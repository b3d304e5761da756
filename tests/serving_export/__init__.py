"""Tests of serving_export."""
