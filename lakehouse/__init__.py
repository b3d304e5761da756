"""Hold the foundation: tables, Lake, settings, errors, Spark and Airflow wiring."""
