"""The ranker is trained on the night's examples, and the whole funnel must pass its gate."""

from airflow.sdk import DAG

from lakehouse.airflow_tasks import TIER_1, after, job, model
from lakehouse.catalog import EVENTS, PROFILES, TITLES, TRAINING_EXAMPLES

with DAG("train_ranker_daily", schedule=after(model("two_tower")), doc_md=__doc__, **TIER_1):
    job(
        "training.train_ranker",
        reads=[EVENTS, TITLES, PROFILES, TRAINING_EXAMPLES, model("two_tower")],
        writes=[model("ranker")],
        minutes=120,
    )
