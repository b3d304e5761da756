"""Say every table once: what one row is, its columns, keys, owner and retention."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """One Delta table, partitioned by night.

    A *history* table gathers rows night by night: as of a night it holds the rows of that night
    and all before. A *snapshot* table is written whole every night: as of a night it holds the
    newest night that is not later.
    """

    name: str
    """Layer and name, such as silver.events; also the name of its Airflow asset."""
    one_row_per: tuple[str, ...]
    """The columns that name a row; no two rows of a table (snapshot: of a night) share them."""
    meaning: str
    """One sentence: what the table says."""
    columns: str
    """DDL text, so that neither a DAG nor the reader imports Spark to know a column."""
    snapshot: bool = False
    """Whether each night holds the whole table."""
    owner: str = "data-engineering"
    """The team that answers for it."""
    retention_nights: int = 400
    """How many nights are kept; older ones are removed by maintenance."""

    @property
    def path(self) -> str:
        """The folder under the root of the lake."""
        return self.name.replace(".", "/")

    @property
    def column_types(self) -> dict[str, str]:
        """Column name to SQL type, in order."""
        pairs = (column.strip().split(" ", 1) for column in split_columns(self.columns))
        return {name: kind.strip() for name, kind in pairs}


def split_columns(ddl: str) -> list[str]:
    """Split DDL text at the commas outside of angle brackets."""
    columns, depth, start = [], 0, 0
    for position, letter in enumerate(ddl):
        depth += (letter == "<") - (letter == ">")
        if letter == "," and depth == 0:
            columns.append(ddl[start:position])
            start = position + 1
    return [*columns, ddl[start:]]


LANDED = Table(
    "bronze.landed",
    one_row_per=("file_hash", "line"),
    meaning="Every line of every landed log, as it came; append-only.",
    columns="file STRING, file_hash STRING, line BIGINT, raw STRING, landed_for DATE, night DATE",
)
EVENTS = Table(
    "silver.events",
    one_row_per=("event_id",),
    meaning="One thing that a profile did or was shown, typed and deduplicated.",
    columns="""event_id STRING, type STRING, profile_id STRING, title_id STRING,
        event_time TIMESTAMP, known_time TIMESTAMP, device STRING, region STRING, seconds DOUBLE,
        shown_version STRING, shown_stamp STRING, shown_row STRING, shown_slot INT, night DATE""",
)
REJECTED_EVENTS = Table(
    "silver.rejected_events",
    one_row_per=("file_hash", "line"),
    meaning="A landed line that breaks the contract of events, with the reason.",
    columns="reason STRING, raw STRING, file STRING, file_hash STRING, line BIGINT, night DATE",
)
EVENT_COUNTS = Table(
    "silver.event_counts",
    one_row_per=("night",),
    meaning="How many landed lines of a night became events, were rejected or were duplicates.",
    columns="landed BIGINT, events BIGINT, rejected BIGINT, duplicates BIGINT, night DATE",
)
TITLES = Table(
    "silver.titles",
    one_row_per=("title_id",),
    meaning="The catalogue as of a night; an unknown attribute is null.",
    columns="""title_id STRING, name STRING, kind STRING, year INT, genres ARRAY<STRING>,
        runtime_seconds INT, maturity INT, regions ARRAY<STRING>, available_from TIMESTAMP,
        available_until TIMESTAMP, franchise STRING, night DATE""",
    snapshot=True,
)
PROFILES = Table(
    "silver.profiles",
    one_row_per=("profile_id",),
    meaning="Who watches, as of a night; an unknown attribute is null.",
    columns="""profile_id STRING, region STRING, maturity_limit INT, age_band STRING,
        gender STRING, occupation STRING, night DATE""",
    snapshot=True,
)
PROFILE_FEATURES = Table(
    "gold.profile_features",
    one_row_per=("profile_id",),
    meaning="The declared features of a profile, as known when the night ended.",
    columns="""profile_id STRING, plays_7d DOUBLE, plays_30d DOUBLE, plays_90d DOUBLE,
        like_share DOUBLE, genre_affinities MAP<STRING, DOUBLE>, days_since_last_play DOUBLE,
        novelty_appetite DOUBLE, age_band STRING, occupation STRING,
        last_titles ARRAY<STRING>, night DATE""",
    snapshot=True,
    owner="ml-engineering",
    retention_nights=30,
)
TITLE_FEATURES = Table(
    "gold.title_features",
    one_row_per=("title_id",),
    meaning="The declared features of a title, as known when the night ended.",
    columns="""title_id STRING, title_plays_1d DOUBLE, title_plays_7d DOUBLE,
        title_plays_30d DOUBLE, title_trend DOUBLE, title_like_share DOUBLE,
        title_age_years DOUBLE, genres ARRAY<STRING>, year INT, night DATE""",
    snapshot=True,
    owner="ml-engineering",
    retention_nights=30,
)
CO_WATCHES = Table(
    "gold.co_watches",
    one_row_per=("title_id", "other_title_id"),
    meaning="How strongly two titles are watched by the same profiles; each title's best pairs.",
    columns="title_id STRING, other_title_id STRING, score DOUBLE, night DATE",
    snapshot=True,
    owner="ml-engineering",
    retention_nights=14,
)
TRANSITIONS = Table(
    "gold.transitions",
    one_row_per=("title_id", "next_title_id"),
    meaning="How often one title is watched soon after another; each title's best successors.",
    columns="title_id STRING, next_title_id STRING, score DOUBLE, night DATE",
    snapshot=True,
    owner="ml-engineering",
    retention_nights=14,
)
TRAINING_EXAMPLES = Table(
    "gold.training_examples",
    one_row_per=("profile_id", "title_id", "at"),
    meaning="What happened after a profile met a title, with every feature as known before it.",
    columns="""profile_id STRING, title_id STRING, at TIMESTAMP, origin STRING, watched BOOLEAN,
        completed BOOLEAN, liked BOOLEAN, plays_7d DOUBLE, plays_30d DOUBLE, plays_90d DOUBLE,
        like_share DOUBLE, genre_affinities MAP<STRING, DOUBLE>, days_since_last_play DOUBLE,
        novelty_appetite DOUBLE, age_band STRING, occupation STRING,
        last_titles ARRAY<STRING>, title_plays_1d DOUBLE, title_plays_7d DOUBLE,
        title_plays_30d DOUBLE, title_trend DOUBLE, title_like_share DOUBLE,
        title_age_years DOUBLE, genres ARRAY<STRING>, year INT, genre_match DOUBLE,
        co_watch_score DOUBLE, transition_score DOUBLE, times_seen DOUBLE, weekday INT, hour INT,
        night DATE""",
    snapshot=True,
    owner="ml-engineering",
    retention_nights=7,
)
TITLE_VECTORS = Table(
    "gold.title_vectors",
    one_row_per=("title_id",),
    meaning="Where the two-tower model puts a title; vectors have length one.",
    columns="title_id STRING, vector ARRAY<FLOAT>, model_hash STRING, night DATE",
    snapshot=True,
    owner="ml-engineering",
    retention_nights=30,
)
PAGES = Table(
    "gold.pages",
    one_row_per=("profile_id", "region"),
    meaning="The rows that a profile will see; '' as profile is the popular page of a region.",
    columns="""profile_id STRING, region STRING, popular BOOLEAN,
        rows ARRAY<STRUCT<name: STRING, source: STRING, because_of: STRING,
        title_ids: ARRAY<STRING>, source_bits: ARRAY<INT>, propensities: ARRAY<FLOAT>>>,
        night DATE""",
    snapshot=True,
    owner="ml-engineering",
    retention_nights=30,
)
FILTER_COUNTS = Table(
    "gold.filter_counts",
    one_row_per=("filter",),
    meaning="How many candidates each filter removed on a night.",
    columns="filter STRING, candidates BIGINT, removed BIGINT, night DATE",
    snapshot=True,
    owner="ml-engineering",
)
SOURCE_COUNTS = Table(
    "gold.source_counts",
    one_row_per=("source",),
    meaning="What each candidate source gave on a night: candidates, those only it found, slots.",
    columns="source STRING, candidates BIGINT, only_here BIGINT, slots BIGINT, night DATE",
    snapshot=True,
    owner="ml-engineering",
)
VERSIONS = Table(
    "gold.versions",
    one_row_per=("version",),
    meaning="The version of pages that a night published, with its stamp and counts.",
    columns="""version STRING, stamp STRING, pages BIGINT, page_bytes BIGINT, state STRING,
        night DATE""",
    snapshot=True,
    owner="serving",
)
MASTERS = Table(
    "silver.masters",
    one_row_per=("title_id", "night"),
    meaning="A master that was to become a title on a night, and what was found in the file.",
    columns="""title_id STRING, file STRING, master_sha256 STRING, state STRING, reason STRING,
        width INT, height INT, fps STRING, frames BIGINT, seconds DOUBLE, codecs ARRAY<STRING>,
        target_vmaf DOUBLE, protect STRING, night DATE""",
    owner="video",
)
SHOTS = Table(
    "silver.shots",
    one_row_per=("master_sha256", "shot"),
    meaning="The frames of a master between two cuts.",
    columns="""title_id STRING, master_sha256 STRING, shot INT, first_frame BIGINT, frames BIGINT,
        night DATE""",
    owner="video",
)
PROBES = Table(
    "gold.probes",
    one_row_per=("master_sha256", "codec", "shot", "width", "height", "crf"),
    meaning="What one shot, or part of one in a sampled title, costs and scores at one size and CRF.",
    columns="""title_id STRING, master_sha256 STRING, codec STRING, shot INT, width INT,
        height INT, crf DOUBLE, bits BIGINT, frames BIGINT, vmaf DOUBLE, cpu_seconds DOUBLE,
        night DATE""",
    owner="video",
)
RENDITIONS = Table(
    "gold.renditions",
    one_row_per=("title_id", "sha256"),
    meaning="One encoded stream of a title: what its rung promised, what every frame scored.",
    columns="""title_id STRING, sha256 STRING, master_sha256 STRING, rendition STRING,
        codec STRING, width INT, height INT, crf DOUBLE, kbps_predicted DOUBLE, kbps DOUBLE,
        peak_kbps DOUBLE, vmaf_predicted DOUBLE, vmaf DOUBLE, vmaf_harmonic DOUBLE, vmaf_p1 DOUBLE,
        worst_shot DOUBLE, worst_shot_number INT, vmaf_model STRING, ships BOOLEAN, reason STRING,
        cpu_seconds DOUBLE, night DATE""",
    owner="video",
)
PLAYABLE_TITLES = Table(
    "gold.playable_titles",
    one_row_per=("title_id",),
    meaning="The titles that play as of a night, each wholly, and which version of each.",
    columns="""title_id STRING, version STRING, master_sha256 STRING, protect STRING,
        key_version INT, renditions INT, top_height INT, top_vmaf DOUBLE, seconds DOUBLE,
        bytes BIGINT, night DATE""",
    snapshot=True,
    owner="video",
)

TITLE_TABLES: tuple[Table, ...] = (MASTERS, SHOTS, PROBES, RENDITIONS, PLAYABLE_TITLES)
"""What the DAG of titles writes; the nightly chain writes the others."""
TABLES: tuple[Table, ...] = (
    LANDED, EVENTS, REJECTED_EVENTS, EVENT_COUNTS, TITLES, PROFILES,
    PROFILE_FEATURES, TITLE_FEATURES, CO_WATCHES, TRANSITIONS, TRAINING_EXAMPLES,
    TITLE_VECTORS, PAGES, FILTER_COUNTS, SOURCE_COUNTS, VERSIONS,
    *TITLE_TABLES,
)  # fmt: skip
BY_NAME: dict[str, Table] = {table.name: table for table in TABLES}
PERSONAL = ("profile_id", "raw")
"""Columns that name a person, `raw` in its text: no log and no error repeats what they hold."""
EVENT_TYPES = (
    "impression", "play", "pause", "complete", "like", "dislike", "share", "search", "skip",
)  # fmt: skip
WATCHED_TYPES = ("play", "complete")
CODECS = ("h264", "hevc", "vp9", "av1")
PROTECTIONS = ("cbcs", "cenc", "none")
