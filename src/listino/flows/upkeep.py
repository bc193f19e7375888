"""Somebody looks after the database: makes it, brings it up to date, tidies it."""

from contextlib import closing
from dataclasses import asdict
from datetime import datetime, timedelta

from listino.core.checks import country_fault, currency_fault
from listino.core.errors import Conflict, Fault, Malformed, malformed
from listino.core.validity import zone_named
from listino.db import history, migrate, troubles
from listino.db.engine import Database
from listino.db.release import released
from listino.db.snapshot import company, stamp
from listino.flows.listening import forget_listeners
from listino.flows.requests import forgotten

# What holds for a company that has not said otherwise.
DEFAULT_CURRENCY = "EUR"
DEFAULT_ZONE = "UTC"


def migrated(
    url: str, *, currency: str | None = None, zone: str | None = None, country: str | None = None
) -> tuple[str | None, str]:
    """Make a database or bring it up to date: its schema before (None: there was none) and after.

    What is named is the company's for good once it has stated a fact or taken an order; before that
    it may still be named otherwise.
    Errors:  Malformed for a currency, zone or country that does not exist; Conflict for one that is
             not the company's.
    """
    fault = currency_fault("currency", currency) if currency is not None else None
    fault = fault or (country_fault("country", country) if country is not None else None)
    if fault is not None:
        raise Malformed(fault.code, fault.text, (fault,))
    if zone is not None and zone_named(zone) is None:
        raise malformed("zone", "unknown_zone", f"There is no time zone {zone!r}.", "Name one as Europe/Rome.")
    before = migrate.version_of(url)
    after = migrate.migrated(url, currency=currency or DEFAULT_CURRENCY, zone=zone or DEFAULT_ZONE, country=country)
    if before is not None:
        _settle(url, {"currency": currency, "zone": zone, "country": country})
    return before, after


def _settle(url: str, named: dict[str, str | None]) -> None:
    """Hold what is named against the company as it stands, or state it while nothing depends on it."""
    other = {name: value for name, value in named.items() if value is not None}
    with closing(Database(url)) as database:
        stated = asdict(company(database.read()))
        differing = [name for name, value in other.items() if stated[name] != value]
        if not differing:
            return
        if not database.write(lambda tx: migrate.stated(tx, {name: other[name] for name in differing})):
            name = differing[0]
            text = f"The company's {name} is {stated[name]}, not {other[name]}; facts and orders depend on it."
            remedy = "Leave it out, or make another database for another company."
            raise Conflict("settled", text, (Fault(name, "settled", text, remedy),))


def purged(database: Database, days: int, now: datetime) -> tuple[int, int]:
    """Delete the versions of facts that ended more than so many days ago: how many, and where history begins.

    Errors:  Malformed for less than a day.
    """
    if days < 1:
        raise malformed("history_days", "out_of_range", f"{days} days are too few.", "Keep at least 1 day.")
    return history.purge(database, now - timedelta(days=days))


def tidied(database: Database, history_days: int | None, now: datetime) -> None:
    """What is due in a running installation: finish imports that died, forget requests and history that are too old."""
    released(database, now)
    forgotten(database, now)
    forget_listeners(database, now)
    database.write(lambda tx: troubles.forget(tx, stamp(now)))
    if history_days is not None:
        purged(database, history_days, now)
