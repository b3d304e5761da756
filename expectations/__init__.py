"""Say what must hold of every table, as Great Expectations suites, and check it."""

import os

# read by great_expectations when it is imported: it would report its use to its makers
os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
