"""Read pages in an app, with nothing but a store client: `Pages.open(place).get(profile_id)`."""

from serving_export.reader.answer import Answer, Level
from serving_export.reader.pages import Pages

__all__ = ["Answer", "Level", "Pages"]
