"""Measure Marquee against peers, side by side in one run; never timed tests."""
