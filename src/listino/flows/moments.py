"""Moments as people and programs write them: an instant to price for, a revision or an instant to know at."""

from datetime import date, datetime, timedelta

from listino.core.errors import malformed
from listino.core.validity import instant, zone_named
from listino.db.snapshot import Company

# More digits than any revision, count or row number of ours has; the database holds 18.
NUMBER_DIGITS_MAX = 17


def is_number(text: str) -> bool:
    """Whether a text is a number that fits our counters: plain digits, and not too many."""
    return text.isascii() and text.isdigit() and len(text) <= NUMBER_DIGITS_MAX


def instant_of(text: str, field: str, company: Company) -> datetime:
    """An instant from RFC 3339 text; a date or local time is meant in the company's zone.

    Errors:  Malformed for what is no instant, or a date that does not exist.
    """
    # A plus sign that was not percent-encoded arrives as a space.
    written = text.replace(" ", "+") if "T" in text else text
    try:
        at = datetime.fromisoformat(written)
        if not 1900 <= at.year <= 9000:
            raise ValueError(text)
    except ValueError:
        remedy = "Send RFC 3339, as 2026-12-31T12:00:00Z."
        raise malformed(field, "not_an_instant", f"{text!r} is not an instant that exists.", remedy) from None
    zone = zone_named(company.zone) or zone_named("UTC")
    return instant(at, zone) if zone is not None else at


def end_of(text: str, field: str, company: Company) -> datetime:
    """The end of a period: an instant, or a bare date with that whole day.

    Errors:  Malformed for what is no instant, or a date that does not exist.
    """
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return instant_of(text, field, company)
    return instant_of((day + timedelta(days=1)).isoformat() if day < date.max else text, field, company)


def known_at_of(value: str | int, company: Company) -> int | datetime:
    """A revision number, or an instant."""
    if isinstance(value, int):
        return value
    if is_number(value.removeprefix("-")):
        return int(value)
    return instant_of(value, "known_at", company)
