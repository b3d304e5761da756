"""Declare once what a model may know."""
