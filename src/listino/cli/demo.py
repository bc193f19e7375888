"""`listino demo`: a realistic company to try the product on."""

import os
from typing import TYPE_CHECKING, Annotated

import typer

from listino.cli import screen
from listino.cli.options import DatabaseUrl, opened

if TYPE_CHECKING:
    from listino.cli.serving import Place


def demo(
    *,
    serve: Annotated[bool, typer.Option("--serve/--no-serve", help="Serve it, or only fill its database.")] = True,
    host: Annotated[str, typer.Option("--host", help="The address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="The port to listen at.")] = 8080,
    workers: Annotated[int, typer.Option("--workers", min=1, max=256, help="How many processes answer.")] = 1,
    database: DatabaseUrl = None,
) -> None:
    """Fill a demo company once, serve it, and print requests to try.

    It has a database file of its own, `demo.db` in your data folder, unless one is named.
    """
    from listino.cli.serving import Place, check_port, run

    url, place = database or _own_url(), Place(host, port)
    if serve:
        check_port(place)
    _fill(url)
    key, lines = _lines(url, place)
    if not serve:
        screen.say(f"The demo company is in {url}. Serve it with: listino serve --database {url}")
        screen.say(f"Its key: {key}")
        return
    run(url, place, workers, {}, lambda: _print(place, key, lines))


def _own_url() -> str:
    """The demo's own file, or the database that the environment names."""
    from listino.config import DATABASE_VARIABLE, default_database

    if os.environ.get(DATABASE_VARIABLE):
        return default_database()
    return default_database().removesuffix("listino.db") + "demo.db"


def _fill(url: str) -> None:
    """Bring the company into its database; what is there already stays as it is.

    Errors:  Refused for a database that holds another company.
    """
    from listino.cli.seeding import is_demo, is_empty, seed
    from listino.config import SystemChance, now
    from listino.core.errors import Fault, Refused
    from listino.demo.days import ZONE
    from listino.flows.upkeep import migrated

    migrated(url, currency="EUR", zone=ZONE, country="IT")
    with opened(url) as book:
        if not is_empty(book) and not is_demo(book):
            text = f"{url} holds a company's data already."
            fault = Fault("database", "not_the_demo", text, "Name another with --database, as sqlite:///demo.db.")
            raise Refused("not_the_demo", text, (fault,))
        with screen.bar() as passed:
            seed(book, now(), SystemChance(), passed)


def _lines(url: str, place: "Place") -> tuple[str, list[tuple[str, str]]]:
    """The demo's key, and what to try."""
    from listino.cli.seeding import demo_key, replaced_price
    from listino.cli.tour import tour
    from listino.config import SystemChance, now

    moment = now()
    with opened(url) as book:
        key = demo_key(book, moment, SystemChance())
        asked, anew = replaced_price(book, moment.date())
    return key, list(tour(place.address, key, asked, anew, moment))


def _print(place: "Place", key: str, lines: list[tuple[str, str]]) -> None:
    text = [f"Listino answers at {place.address}", f"Demo key: {key}", f"Docs:     {place.address}/docs"]
    text += [f"\n{what}\n\n{line}" for what, line in lines]
    typer.echo("\n".join([*text, "\nCtrl-C stops it; the data stays for the next time."]))
