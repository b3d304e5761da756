"""Tests of serving_export/stores."""
