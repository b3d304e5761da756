"""The night's pages become a version that is verified, then live; the report tells of the night."""

from airflow.sdk import DAG, chain

from lakehouse.airflow_tasks import TIER_1, after, check, job
from lakehouse.catalog import (
    CO_WATCHES,
    EVENT_COUNTS,
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
    TRAINING_EXAMPLES,
    TRANSITIONS,
    VERSIONS,
)  # fmt: skip

with DAG("export_pages_nightly", schedule=after(PAGES), doc_md=__doc__, **TIER_1):
    chain(
        job(
            "export.publish_pages",  # all but pages and titles are only named in the manifest
            reads=[
                PAGES, TITLES, PROFILES, EVENT_COUNTS, PROFILE_FEATURES, TITLE_FEATURES,
                CO_WATCHES, TRANSITIONS, TITLE_VECTORS, PLAYABLE_TITLES,
            ],
            writes=[VERSIONS],
        ),
        check(VERSIONS),
        job("report.build_report", reads=[
            EVENTS, EVENT_COUNTS, TITLES, PROFILE_FEATURES, TRAINING_EXAMPLES, PAGES,
            FILTER_COUNTS, SOURCE_COUNTS, VERSIONS, PLAYABLE_TITLES,
        ]),
    )  # fmt: skip
