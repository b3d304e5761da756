"""Tests of serving_export/reader."""
