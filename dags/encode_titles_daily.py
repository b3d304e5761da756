"""Masters become titles that play, wholly or not at all, each with a receipt."""

from airflow.sdk import DAG, chain

from lakehouse.airflow_tasks import TIER_2, check, each, job, nightly
from lakehouse.catalog import (
    MASTERS,
    PLAYABLE_TITLES,
    PROBES,
    RENDITIONS,
    SHOTS,
    TITLE_FEATURES,
)

FILM = 36 * 60
"""Minutes: a top rung of two hours at 1080 lines, encoded and scored three times on one busy core,
takes 26 hours, and a look at a whole master of 2160 lines ten. Tools have limits of their own."""

with DAG("encode_titles_daily", schedule=nightly(), doc_md=__doc__, **TIER_2):
    ingest = job("encode.ingest_masters", reads=[TITLE_FEATURES], writes=[MASTERS], minutes=FILM)
    find_shots = job("encode.find_shots", writes=[SHOTS], tells_keys=True)
    probe = each("encode.probe_shot", find_shots, minutes=FILM)
    choose = job("encode.choose_ladders", writes=[PROBES], tells_keys=True)
    encode = each("encode.encode_rung", choose, minutes=FILM)
    publish = job("encode.publish_titles", writes=[RENDITIONS, PLAYABLE_TITLES], minutes=FILM)
    chain(
        ingest, find_shots, probe, choose, encode, publish,
        check(MASTERS, SHOTS, PROBES, RENDITIONS, PLAYABLE_TITLES),
    )  # fmt: skip
