"""Watch history becomes title pairs, features and point-in-time training examples."""

from airflow.sdk import DAG, chain

from lakehouse.airflow_tasks import TIER_1, after, check, job
from lakehouse.catalog import (
    CO_WATCHES,
    EVENTS,
    PROFILE_FEATURES,
    PROFILES,
    TITLE_FEATURES,
    TITLES,
    TRAINING_EXAMPLES,
    TRANSITIONS,
)  # fmt: skip

with DAG("features_daily", schedule=after(TITLES, PROFILES), doc_md=__doc__, **TIER_1):
    chain(
        [
            job(
                "features.build_title_pairs",
                reads=[EVENTS, TITLES, PROFILES],
                writes=[CO_WATCHES, TRANSITIONS],
            ),
            job(
                "features.build_features",
                reads=[EVENTS, TITLES, PROFILES],
                writes=[PROFILE_FEATURES, TITLE_FEATURES],
            ),
        ],
        check(CO_WATCHES, TRANSITIONS, PROFILE_FEATURES, TITLE_FEATURES),
        job(
            "features.build_examples",
            reads=[EVENTS, TITLES, PROFILES],
            writes=[TRAINING_EXAMPLES],
        ),
        check(TRAINING_EXAMPLES),
    )
