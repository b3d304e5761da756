"""Landed logs become checked events, titles and profiles."""

from airflow.sdk import DAG, chain

from lakehouse.airflow_tasks import TIER_1, check, job, nightly
from lakehouse.catalog import EVENT_COUNTS, EVENTS, LANDED, PROFILES, REJECTED_EVENTS, TITLES

with DAG("events_daily", schedule=nightly(), doc_md=__doc__, **TIER_1):
    chain(
        job("events.land", writes=[LANDED]),
        check(LANDED),
        job(
            "events.build_events",
            reads=[LANDED, EVENTS, EVENT_COUNTS],
            writes=[EVENTS, REJECTED_EVENTS, EVENT_COUNTS],
        ),
        check(EVENTS, REJECTED_EVENTS, EVENT_COUNTS),
        [
            job("events.build_titles", reads=[EVENTS], writes=[TITLES]),
            job("events.build_profiles", reads=[EVENTS], writes=[PROFILES]),
        ],
        check(TITLES, PROFILES),
    )
