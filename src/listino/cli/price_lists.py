"""`listino price-list`: all prices of a customer, as a file for a spreadsheet or a program."""

import sys
from typing import Annotated

import typer

from listino.cli.options import At, Channel, Country, Currency, DatabaseUrl, KnownAt, opened


def price_list(
    customer: Annotated[str, typer.Argument(metavar="CUSTOMER", help="The customer's code.")],
    *,
    channel: Channel = None,
    currency: Currency = None,
    country: Country = None,
    at: At = None,
    known_at: KnownAt = None,
    language: Annotated[str | None, typer.Option("--language", help="Of the items' names, as it or de-AT.")] = None,
    format: Annotated[str, typer.Option("--format", help="csv or ndjson.")] = "csv",
    database: DatabaseUrl = None,
) -> None:
    """Print every item that a customer can buy, with its price, its breaks and how long they hold."""
    from listino.config import now
    from listino.core.errors import malformed
    from listino.flows.moments import instant_of, known_at_of
    from listino.flows.price import Asked, company
    from listino.web.reading import checked_code
    from listino.web.rest.price_lists import csv_pieces, ndjson_pieces
    from listino.web.rest.prices import checked_country, checked_currency

    forms = {"csv": csv_pieces, "ndjson": ndjson_pieces}
    if format not in forms:
        raise malformed("format", "not_a_choice", f"format cannot be {format!r}.", "Name csv or ndjson.")
    with opened(database) as book:
        owner = company(book.read())
        asked = Asked(
            "",
            instant_of(at, "at", owner) if at is not None else now(),
            customer=checked_code(customer, "customer"),
            channel=checked_code(channel, "channel") if channel is not None else None,
            currency=checked_currency(currency),
            country=checked_country(country),
        )
        then = known_at_of(known_at, owner) if known_at is not None else None
        for piece in forms[format](book, asked, then, "", language):
            sys.stdout.write(piece.decode())
        sys.stdout.flush()
