"""The options that many commands share, and the database that they name."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from listino.db.engine import Database

DatabaseUrl = Annotated[
    str | None,
    typer.Option(
        "--database",
        metavar="URL",
        help="sqlite:///PATH or postgresql://USER@HOST/NAME; else LISTINO_DATABASE, else a file in your data folder.",
        show_default=False,
    ),
]
Customer = Annotated[str | None, typer.Option("--customer", help="The customer's code; without: the channel's guest.")]
Quantity = Annotated[str, typer.Option("--quantity", help="How much, in the unit.")]
Unit = Annotated[str | None, typer.Option("--unit", help="The unit (UN/ECE code); without: the item's own.")]
Channel = Annotated[str | None, typer.Option("--channel", help="The channel through which the customer buys.")]
Currency = Annotated[str | None, typer.Option("--currency", help="The currency; without: the customer's.")]
Country = Annotated[str | None, typer.Option("--country", help="Where the goods go; without: the customer's country.")]
At = Annotated[str | None, typer.Option("--at", help="Valid at this date or instant (RFC 3339); without: now.")]
KnownAt = Annotated[
    str | None, typer.Option("--known-at", help="As the book stood at this revision or instant; without: now.")
]
Coupons = Annotated[list[str] | None, typer.Option("--coupon", help="A coupon; may be given more than once.")]


def database_url(stated: str | None) -> str:
    """The URL of the database that a command is to work on."""
    from listino.config import default_database

    return stated or default_database()


@contextmanager
def opened(stated: str | None) -> "Iterator[Database]":
    """The database that a command works on, open until it ends.

    Errors:  Malformed for a URL that is none; Unavailable where there is none yet, or an old one.
    """
    from listino.db.engine import Database
    from listino.db.migrate import check_version

    url = database_url(stated)
    check_version(url)
    database = Database(url)
    try:
        yield database
    finally:
        database.close()
