"""Check the models that stand beside every model."""
