"""Name every failure that a person can act on; each message is what, so what, now what."""

from __future__ import annotations


class MarqueeError(Exception):
    """The base of every error that Marquee raises on purpose; its text is one sentence or two."""


class MissingExtra(MarqueeError):
    """A command was called whose packages are not installed."""

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(
            f"This command needs the package {package}, which is not installed: "
            f"run pip install '.[{extra}]' in the folder of the project."
        )


class MissingJava(MarqueeError):
    """Spark cannot start without Java 17 or newer."""

    def __init__(self, found: str) -> None:
        super().__init__(
            f"Spark needs Java 17 or newer and found {found}: "
            "install it with apt-get install openjdk-17-jre-headless, or set JAVA_HOME."
        )


class WrongSchema(MarqueeError):
    """A frame does not have the columns that the catalog says."""

    def __init__(self, table: str, difference: str) -> None:
        super().__init__(
            f"Nothing was written to {table}, because its columns differ from the catalog "
            f"({difference}): change the job or lakehouse/catalog.py so that they agree."
        )


class MissingTable(MarqueeError):
    """A table has not been written yet."""

    def __init__(self, table: str, wanted: str) -> None:
        super().__init__(
            f"{table} holds nothing for {wanted}, so this step cannot run: "
            "run the DAG that writes it for that night first."
        )


class MissingNight(MarqueeError):
    """A task was started without the night it should work for."""

    def __init__(self, given: str) -> None:
        super().__init__(
            f"A night is needed and {given!r} is none, so nothing ran: "
            "give a date as --night, or as the DAG's partition key such as 1998-04-21."
        )


class NoSpace(MarqueeError):
    """A disk is full."""

    def __init__(self, said: str) -> None:
        super().__init__(
            f"There is no room left to write ({said}), so this step stopped and what it had begun "
            "does not count: make room on that disk and call again; it goes on from here."
        )


class BrokenFile(MarqueeError):
    """A file of a table is gone, cut short or spoilt."""

    def __init__(self, where: str, said: str) -> None:
        super().__init__(
            f"A file of {where} cannot be read ({said}), so this step stopped: run again, for the "
            "night in the file's path, the job that writes the table, which replaces the file."
        )
