"""The night's pages become a version that is verified, then live."""

from airflow.sdk import DAG, chain

from lakehouse.airflow_tasks import TIER_1, after, check, job
from lakehouse.catalog import PAGES, TITLES, VERSIONS

with DAG("export_pages_nightly", schedule=after(PAGES), doc_md=__doc__, **TIER_1):
    chain(
        job("export.publish_pages", reads=[PAGES, TITLES], writes=[VERSIONS]),
        check(VERSIONS),
    )
