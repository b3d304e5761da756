"""Say what there is to learn: what happened after a profile met a title."""

from __future__ import annotations

from typing import TYPE_CHECKING

from features.buckets import connect
from features.facts import facts
from features.watches import DAY

if TYPE_CHECKING:
    import pyarrow as pa


def observed(events: pa.Table, titles: pa.Table, start: int, end: int) -> pa.Table:
    """The labels that events hold: profile_id, title_id, as_of (microseconds), origin, outcomes.

    A watch is a label unless the pair was watched in the 24 hours before; an impression is one if
    the pair was neither shown in the 24 hours before nor watched in the 24 after. Outcomes are
    those of the 24 hours from the label on. Labels lie in [start, end), sorted by key.
    """
    connection = connect()
    connection.register("events", events)
    connection.register("titles", titles)
    connection.execute(f"CREATE TABLE facts AS {facts(before=end)}")
    return connection.sql(OBSERVED.format(day=DAY, start=start, end=end)).to_arrow_table()


OBSERVED = """
WITH met AS (
    SELECT DISTINCT profile_id, title_id, happened,
        CASE WHEN watched = 1 THEN 'watched' ELSE 'shown' END AS origin
    FROM facts WHERE watched = 1 OR type = 'impression'
),
fresh AS (
    SELECT profile_id, title_id, origin, happened AS as_of
    FROM met
    WINDOW pair AS (PARTITION BY profile_id, title_id, origin ORDER BY happened)
    QUALIFY coalesce(happened - lag(happened) OVER pair > {day}, true)
),
watched AS (SELECT * FROM met WHERE origin = 'watched'),
ignored AS (
    -- on the last day nobody knows yet whether a title will be watched within 24 hours
    SELECT f.* FROM fresh f ASOF LEFT JOIN watched w
    ON f.profile_id = w.profile_id AND f.title_id = w.title_id AND f.as_of <= w.happened
    WHERE f.origin = 'shown' AND f.as_of + {day} <= {end}
        AND coalesce(w.happened > f.as_of + {day}, true)
),
labels AS (
    SELECT * FROM fresh WHERE origin = 'watched' UNION ALL SELECT * FROM ignored
),
completes AS (SELECT * FROM facts WHERE type = 'complete'),
opinions AS (
    -- who says both at once has said no
    SELECT profile_id, title_id, happened, min(liked) AS liked
    FROM facts WHERE liked + disliked > 0 GROUP BY ALL
),
completed AS (
    SELECT l.*, CASE WHEN origin = 'watched'
        THEN coalesce(c.happened <= l.as_of + {day}, false) END AS completed
    FROM labels l ASOF LEFT JOIN completes c
    ON l.profile_id = c.profile_id AND l.title_id = c.title_id AND l.as_of <= c.happened
)
SELECT l.profile_id, l.title_id, l.as_of, l.origin, l.origin = 'watched' AS watched, l.completed,
    CASE WHEN o.happened >= l.as_of THEN o.liked = 1 END AS liked
FROM completed l ASOF LEFT JOIN opinions o
ON l.profile_id = o.profile_id AND l.title_id = o.title_id AND l.as_of + {day} >= o.happened
WHERE l.as_of >= {start}
ORDER BY l.profile_id, l.title_id, l.as_of, l.origin
"""
