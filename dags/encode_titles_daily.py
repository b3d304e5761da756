"""Masters become titles that play, wholly or not at all, each with a receipt."""

from airflow.sdk import DAG, chain

from lakehouse.airflow_tasks import TIER_2, check, each, job, nightly
from lakehouse.catalog import MASTERS, PLAYABLE_TITLES, PROBES, RENDITIONS, SHOTS

with DAG("encode_titles_daily", schedule=nightly(), doc_md=__doc__, **TIER_2):
    ingest = job("encode.ingest_masters", writes=[MASTERS])
    find_shots = job("encode.find_shots", writes=[SHOTS], tells_keys=True)
    probe = each("encode.probe_shot", find_shots)
    choose = job("encode.choose_ladders", writes=[PROBES], tells_keys=True)
    encode = each("encode.encode_rung", choose, minutes=120)
    publish = job("encode.publish_titles", writes=[RENDITIONS, PLAYABLE_TITLES], minutes=60)
    chain(
        ingest, find_shots, probe, choose, encode, publish,
        check(MASTERS, SHOTS, PROBES, RENDITIONS, PLAYABLE_TITLES),
    )  # fmt: skip
