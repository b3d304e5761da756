"""Run a whole night through Airflow's scheduler and show it."""
