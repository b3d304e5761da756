"""Every profile gets the rows it will see tomorrow."""

from airflow.sdk import DAG, chain

from lakehouse.airflow_tasks import TIER_1, after, check, job, model
from lakehouse.catalog import (
    CO_WATCHES,
    EVENTS,
    FILTER_COUNTS,
    PAGES,
    PLAYABLE_TITLES,
    PROFILE_FEATURES,
    PROFILES,
    SOURCE_COUNTS,
    TITLE_FEATURES,
    TITLE_VECTORS,
    TITLES,
    TRANSITIONS,
)  # fmt: skip

with DAG("recommend_nightly", schedule=after(TITLE_VECTORS), doc_md=__doc__, **TIER_1):
    chain(
        job(
            "recommend.build_pages",
            reads=[  # of what plays the newest list there is: no night waits for films
                EVENTS, TITLES, PROFILES, CO_WATCHES, TRANSITIONS, PROFILE_FEATURES,
                TITLE_FEATURES, TITLE_VECTORS, PLAYABLE_TITLES, model("two_tower"), model("ranker"),
            ],
            writes=[PAGES, FILTER_COUNTS, SOURCE_COUNTS],
        ),
        check(PAGES, FILTER_COUNTS, SOURCE_COUNTS),
    )  # fmt: skip
