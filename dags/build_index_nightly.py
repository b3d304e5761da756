"""The live two-tower gives every title its vector, and the vectors an index that finds them."""

from airflow.sdk import DAG, chain

from lakehouse.airflow_tasks import TIER_1, after, check, job, model
from lakehouse.catalog import EVENTS, PROFILES, TITLE_VECTORS, TITLES

with DAG("build_index_nightly", schedule=after(model("ranker")), doc_md=__doc__, **TIER_1):
    chain(
        job(
            "training.build_index",
            reads=[EVENTS, TITLES, PROFILES, model("two_tower")],
            writes=[TITLE_VECTORS],
        ),
        check(TITLE_VECTORS),
    )
