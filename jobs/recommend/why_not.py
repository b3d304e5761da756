"""Say why a title is not on a page: which filter removed it, or that none did."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.recommend.inputs import read_inputs
from jobs.recommend.policy import FILTERS
from lakehouse.catalog import PLAYABLE_TITLES
from lakehouse.pins import version_read

if TYPE_CHECKING:
    from jobs.recommend.funnel import Funnel
    from lakehouse.tables import Lake
    from serving_export.records import Page

SAYS = {
    "": "no filter removed it: no source proposed it, or other titles ranked above it",
    "watched": "the profile watched it",
    "removed": "the catalogue of the night does not hold it",
    "region": "it is not licensed in the region",
    "maturity": "it is above the maturity limit of who sees the page",
    "availability": "it is not available for as long as the page lives",
    "playable": "it did not play by the list that the night read",
}
"""Filter to what it says of a title that it removed; nothing to what else may be the cause."""


def why_not(lake: Lake, page: Page, profile_id: str, title_id: str) -> str:
    """A sentence on a title and the page that a profile gets, by the tables of the page's night."""
    for row in page.rows:
        if title_id in row.title_ids:
            slot = row.title_ids.index(title_id) + 1
            return f"Title {title_id} is on the page, in slot {slot} of {row.name}."
    told = f"Title {title_id} is not on the page of {page.night}"
    read = version_read(lake, PLAYABLE_TITLES, page.night)
    funnel = read_inputs(lake, page.night, read).funnel(None)
    if title_id not in funnel.histories.title_ids:
        return f"{told}: nothing was known of such a title then."
    return f"{told}: {SAYS[_removing(funnel, page, profile_id, title_id)]}."


def _removing(funnel: Funnel, page: Page, profile_id: str, title_id: str) -> str:
    """The filter that removed the title from the page, or the empty text."""
    histories, audience = funnel.histories, funnel.audience
    if page.popular or profile_id not in histories.profile_ids:
        names = funnel.catalogue.region_names
        code = names.index(page.region) if page.region in names else -1
        verdicts = funnel.filters.of_regions(audience)[code]
    else:
        place = histories.profile_ids.index(profile_id)
        verdicts = funnel.filters.verdicts(histories, audience, slice(place, place + 1))[0]
    verdict = int(verdicts[histories.title_ids.index(title_id)])
    return FILTERS[verdict - 1] if verdict else ""
