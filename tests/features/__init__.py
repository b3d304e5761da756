"""Tests of the features: what a model may know, and when."""
