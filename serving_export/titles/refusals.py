"""Name every way in which the server of titles says no, each with its HTTP status."""

from __future__ import annotations

from http import HTTPStatus

from lakehouse.errors import MarqueeError


class Refusal(MarqueeError):
    """A request is not answered; the text goes to the page, so no token or key is part of it."""

    status = HTTPStatus.BAD_REQUEST


class ForgedLink(Refusal):
    """A token was not signed here for what is asked with it."""

    status = HTTPStatus.FORBIDDEN

    def __init__(self) -> None:
        super().__init__(
            "This link was not signed for this title, so nothing plays: copy the whole link that "
            "marquee play printed, or call it again."
        )


class ExpiredLink(Refusal):
    """A token was signed here and its time is over."""

    status = HTTPStatus.FORBIDDEN

    def __init__(self) -> None:
        super().__init__(
            "This link has expired, so nothing plays: call marquee play again for a fresh one."
        )


class UnknownTitle(Refusal):
    """A title has no live version."""

    status = HTTPStatus.NOT_FOUND

    def __init__(self, title_id: str) -> None:
        super().__init__(
            f"There is no playable title {title_id[:80]!r}: marquee titles lists those that are."
        )


class NotServed(Refusal):
    """A path names no file of a title or of the page."""

    status = HTTPStatus.NOT_FOUND

    def __init__(self) -> None:
        super().__init__("There is nothing at this address: open the link of marquee play.")


class UnknownKey(Refusal):
    """None of the keys that a player asks for belongs to its title."""

    status = HTTPStatus.FORBIDDEN

    def __init__(self) -> None:
        super().__init__(
            "None of the keys that were asked for belongs to this title, so it stays locked: "
            "package the title again if its own manifest asked."
        )


class BadRequest(Refusal):
    """A request is not what this server can read."""

    def __init__(self, why: str, status: HTTPStatus = HTTPStatus.BAD_REQUEST) -> None:
        self.status = status
        super().__init__(f"This request {why}, so it was not answered: use the player page.")
