"""Serve pages: records, stores, publishing and the reader."""
