"""Name every failure of writing, keeping and reading versions of pages."""

from __future__ import annotations

from lakehouse.errors import MarqueeError


class Unreadable(MarqueeError):
    """Something that a reader wanted cannot be had; it goes one level down and says `why`."""

    why: str


class BadRecord(Unreadable):
    """The bytes of a record are not what the layout says."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(
            f"A page record was refused because {why}, so a page further down the fallbacks is "
            "served: publish the night again if this repeats."
        )


class BadPages(MarqueeError):
    """A table of pages holds something that no reader should see."""

    def __init__(self, why: str) -> None:
        super().__init__(
            f"Nothing was published, because {why}: readers stay on the live version, and "
            "recommend.build_pages must be run again once the cause is mended."
        )


class BadProfile(MarqueeError):
    """A profile id is no text that a store could know."""

    def __init__(self, why: str) -> None:
        super().__init__(f"The profile id {why}, so no page was looked up: give the id as text.")


class BadPlace(MarqueeError):
    """A place of pages is neither a folder nor a table."""

    def __init__(self, place: str) -> None:
        super().__init__(
            f"{place!r} names no store of pages: give a folder, or dynamodb://TABLE for DynamoDB."
        )


class BadBoard(Unreadable):
    """The pointer of a store cannot be read."""

    def __init__(self, place: str, why: str) -> None:
        self.why = f"the list of versions is broken ({why})"
        super().__init__(
            f"The list of versions in {place} cannot be read ({why}), so its live version is "
            "unknown: publish the night again."
        )


class BoardMoved(MarqueeError):
    """Somebody else changed the list of versions in between."""

    def __init__(self, place: str) -> None:
        super().__init__(
            f"Another process changed the versions in {place} at the same moment, so this change "
            "was not made: run the command again."
        )


class VersionInUse(MarqueeError):
    """A version that readers may be on was about to be overwritten."""

    def __init__(self, version: str, state: str) -> None:
        super().__init__(
            f"Version {version} is {state} and readers may hold it, so it was not overwritten: "
            "publish under another version name."
        )


class IncompleteVersion(MarqueeError):
    """What was read back is not what was written."""

    def __init__(self, version: str, difference: str) -> None:
        super().__init__(
            f"Version {version} was read back and differs from what was written ({difference}), "
            "so it is quarantined and readers stay on the live version: run export.publish_pages "
            "for this night again."
        )


class UnlikelySize(MarqueeError):
    """A version is much smaller than the one that is live."""

    def __init__(self, version: str, what: str, held: int, live: int) -> None:
        super().__init__(
            f"Version {version} holds {held:,} {what} where the live version holds {live:,}, so "
            "it is quarantined and readers stay on the live one: look at the tables behind it, "
            "then run export.publish_pages for this night again."
        )


class NoTarget(MarqueeError):
    """There is no version to go back to."""

    def __init__(self, wanted: str, why: str) -> None:
        super().__init__(
            f"Nothing was rolled back to {wanted}, because {why}: marquee versions lists the "
            "versions and their states."
        )


class NothingToServe(Unreadable):
    """No page of any level can be read."""

    def __init__(self, place: str, why: str) -> None:
        self.why = why
        super().__init__(
            f"{place} has no page to serve ({why}): publish a night there first, or check that "
            "the address is right."
        )


class VersionGone(Unreadable):
    """A version was pruned, or never written."""

    def __init__(self, version: str, place: str) -> None:
        self.why = f"version {version} is gone"
        super().__init__(
            f"Version {version} is not in {place}, so nothing can be read of it: "
            "marquee versions lists those that are."
        )


class StoreFailed(Unreadable):
    """The engine below a store failed."""

    def __init__(self, place: str, why: Exception) -> None:
        self.why = f"the store failed ({type(why).__name__}: {why})"
        super().__init__(
            f"The store {place} failed ({type(why).__name__}: {why}), so nothing was changed or "
            "read: check that it is up, reachable and has room, then run this again."
        )
