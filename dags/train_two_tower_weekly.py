"""Once a week the two-tower is trained anew and must pass its gate; on other nights it is kept."""

from airflow.sdk import DAG

from lakehouse.airflow_tasks import TIER_1, after, job, model
from lakehouse.catalog import PROFILES, TITLES, TRAINING_EXAMPLES

with DAG("train_two_tower_weekly", schedule=after(TRAINING_EXAMPLES), doc_md=__doc__, **TIER_1):
    job(
        "training.train_two_tower",
        reads=[TITLES, PROFILES, TRAINING_EXAMPLES],
        writes=[model("two_tower")],
        minutes=120,
    )
