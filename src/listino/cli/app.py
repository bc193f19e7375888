"""The list of commands, and what becomes of their errors."""

import os
import sys
from typing import Annotated

import typer

from listino.cli import screen
from listino.cli.cases import check_cases
from listino.cli.demo import demo
from listino.cli.desk import release, step
from listino.cli.erp import ERP
from listino.cli.keys import KEYS
from listino.cli.listening import listen
from listino.cli.mirroring import mirror
from listino.cli.mismatches import mismatches
from listino.cli.orders import order
from listino.cli.price_lists import price_list
from listino.cli.prices import price, why
from listino.cli.privacy import PRIVACY
from listino.cli.reconcile import reconcile
from listino.cli.requests import requests
from listino.cli.serving import serve
from listino.cli.tables import export, import_
from listino.cli.triggering import trigger
from listino.cli.unpriced import unpriced
from listino.cli.upkeep import backup, doctor, migrate, restore
from listino.cli.what_if import what_if
from listino.cli.working import worker
from listino.core.errors import Refused, Unavailable

APP = typer.Typer(
    name="listino",
    help="Prices for every customer, and orders into the management system.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _version(wanted: bool) -> None:
    if wanted:
        from listino import __version__

        screen.say(f"listino {__version__}")
        raise typer.Exit


@APP.callback()
def start(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Prices for every customer, and orders into the management system."""


for name, command in (
    ("demo", demo),
    ("serve", serve),
    ("worker", worker),
    ("import", import_),
    ("export", export),
    ("price", price),
    ("why", why),
    ("check-cases", check_cases),
    ("price-list", price_list),
    ("what-if", what_if),
    ("unpriced", unpriced),
    ("mismatches", mismatches),
    ("reconcile", reconcile),
    ("requests", requests),
    ("listen", listen),
    ("trigger", trigger),
    ("mirror", mirror),
    ("order", order),
    ("step", step),
    ("release", release),
    ("migrate", migrate),
    ("backup", backup),
    ("restore", restore),
    ("doctor", doctor),
):
    APP.command(name)(command)
APP.add_typer(ERP)
APP.add_typer(KEYS)
APP.add_typer(PRIVACY)


def main() -> None:
    """Run the command that the arguments name; every error is a sentence and an exit code."""
    try:
        APP()
    except (Refused, Unavailable) as error:
        screen.fail(error)
    except BrokenPipeError:
        # Whoever read our output has enough, as `head` does.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        screen.fail(error)
    except Exception as error:
        if type(error).__module__.split(".")[0] not in {"pysqlite3", "sqlite3", "psycopg"}:
            raise
        screen.fail(Unavailable(f"The database cannot be read: {error}. `listino doctor` says more."))
