"""Hold the foundation: tables, Lake, settings, errors, Spark and Airflow wiring."""

PACKAGES = ("jobs", "features", "models", "expectations", "serving_export", "lakehouse")
"""Our own packages: what is missing in one is a fault of ours, what lies in one is code."""
