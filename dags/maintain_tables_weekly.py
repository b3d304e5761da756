"""Once a week small files are joined and what retention no longer covers is removed."""

from airflow.sdk import DAG

from lakehouse.airflow_tasks import TIER_2, after, job
from lakehouse.catalog import VERSIONS

with DAG("maintain_tables_weekly", schedule=after(VERSIONS), doc_md=__doc__, **TIER_2):
    job("maintain.compact_tables", minutes=60)
