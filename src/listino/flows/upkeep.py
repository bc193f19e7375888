"""Somebody looks after the database: makes it, brings it up to date, tidies it."""

from datetime import datetime, timedelta

from listino.core.checks import country_fault, currency_fault
from listino.core.errors import Malformed, malformed
from listino.core.validity import zone_named
from listino.db import history, migrate
from listino.db.engine import Database
from listino.db.release import released

# What holds for a company that has not said otherwise.
DEFAULT_CURRENCY = "EUR"
DEFAULT_ZONE = "UTC"


def migrated(url: str, *, currency: str, zone: str, country: str | None) -> tuple[str | None, str]:
    """Make a database or bring it up to date: its schema before (None: there was none) and after.

    Errors:  Malformed for a currency, zone or country that does not exist.
    """
    fault = currency_fault("currency", currency) or (country_fault("country", country) if country else None)
    if fault is not None:
        raise Malformed(fault.code, fault.text, (fault,))
    if zone_named(zone) is None:
        raise malformed("zone", "unknown_zone", f"There is no time zone {zone!r}.", "Name one as Europe/Rome.")
    before = migrate.version_of(url)
    return before, migrate.migrated(url, currency=currency, zone=zone, country=country)


def purged(database: Database, days: int, now: datetime) -> tuple[int, int]:
    """Delete the versions of facts that ended more than so many days ago: how many, and where history begins.

    Errors:  Malformed for less than a day.
    """
    if days < 1:
        raise malformed("history_days", "out_of_range", f"{days} days are too few.", "Keep at least 1 day.")
    return history.purge(database, now - timedelta(days=days))


def tidied(database: Database, history_days: int | None, now: datetime) -> None:
    """What is due in a running installation: finish imports that died, delete history that is too old."""
    released(database, now)
    if history_days is not None:
        purged(database, history_days, now)
