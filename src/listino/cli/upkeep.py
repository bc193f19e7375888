"""`listino migrate`: looking after the database."""

from typing import Annotated

import typer

from listino.cli import screen
from listino.cli.options import DatabaseUrl, database_url


def migrate(
    *,
    currency: Annotated[str, typer.Option("--currency", help="The company's base currency (a new database).")] = "EUR",
    zone: Annotated[str, typer.Option("--zone", help="The company's time zone (a new database).")] = "UTC",
    country: Annotated[str | None, typer.Option("--country", help="The company's country (a new database).")] = None,
    database: DatabaseUrl = None,
) -> None:
    """Make a new database, or bring an older one to this version's schema."""
    from listino.flows.upkeep import migrated

    url = database_url(database)
    before, after = migrated(url, currency=currency, zone=zone, country=country)
    if before is None:
        where = f" in {country}" if country else ""
        screen.say(f"A new database is at {url}: base currency {currency}, zone {zone}{where}.")
    elif before == after:
        screen.say(f"The database is up to date (schema {after}).")
    else:
        screen.say(f"The database went from schema {before} to {after}.")
