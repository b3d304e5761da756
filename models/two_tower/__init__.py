"""Retrieve titles near a profile in one learned space."""
