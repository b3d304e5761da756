"""Train, judge and register the models."""
