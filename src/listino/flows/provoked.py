"""A test key asks for errors, holds and delays on purpose, by items and order numbers of a reserved form.

The two tables here are what the guide tells and what the tests walk. With a live key these are codes like any other.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from listino.core.errors import Conflict, DifferentContent, Fault, NotAllowed, TooOften, Unavailable, malformed
from listino.core.holds import HELD_TEXTS
from listino.db import troubles
from listino.db.draft import laid_over
from listino.db.engine import Database
from listino.db.snapshot import Snapshot, stamp
from listino.flows.drafts import stated_draft
from listino.flows.facts import Stated

PREFIX = "TEST:"
SLOW_S_MAX, SLOW_S = 30, 5
# For so long it is remembered how often an order was refused on purpose.
TRIES_KEPT = timedelta(days=1)
_ITEM_SLOW = re.compile(rf"{PREFIX}slow-([1-9]\d?)")
_NUMBER = re.compile(rf"{PREFIX}([a-z_]+)(?::([a-z_]+))?(?:-([1-9]\d?)(?=-))?(?:-|$)")


@dataclass(frozen=True, slots=True)
class Row:
    """One code that provokes: what is answered, with which status, and how that is said to people.

    Shapes:  outcome: a price's (`price`, or the reason for none), an order's state, or the code of the problem.
    """

    code: str
    status: int
    outcome: str
    text: str


ITEMS = (
    Row(f"{PREFIX}price", 200, "price", "A price: the item's own is 10 in the company's currency."),
    Row(f"{PREFIX}on_request", 200, "price", "A price from a list whose `visibility` is `on_request`."),
    Row(f"{PREFIX}slow-3", 200, "price", f"The same price, 3 seconds later; any number up to {SLOW_S_MAX}."),
    Row(f"{PREFIX}no_price", 200, "no_price", "The item is there, and has no price."),
    Row(f"{PREFIX}item_blocked", 200, "item_blocked", "The item is blocked: no price."),
    Row(f"{PREFIX}item_ended", 200, "item_ended", "The item is no longer sold: no price."),
    Row(f"{PREFIX}not_found", 404, "unknown_item", "There is no such item; in a batch the line's `error`."),
    Row(f"{PREFIX}malformed", 400, "invalid", "The item cannot be true; in a batch the line's `error`."),
    Row(f"{PREFIX}scope_missing", 403, "scope_missing", "The key may not ask this."),
    Row(f"{PREFIX}rate_limited", 429, "rate_limited", "The key asks too often; with `Retry-After`."),
    Row(f"{PREFIX}unavailable", 503, "unavailable", "Not now; with `Retry-After`."),
    Row(f"{PREFIX}overloaded", 503, "overloaded", "Too many ask at once; with `Retry-After`."),
    Row(f"{PREFIX}incident", 500, "internal", "Something fails on our side; with an `incident` number."),
)
NUMBERS = (
    Row(f"{PREFIX}held:price_difference-1", 201, "on_hold", "The order is taken, and held for the reason named."),
    Row(f"{PREFIX}in_progress-1", 409, "in_progress", "The first of this order is still being written, always."),
    Row(f"{PREFIX}different_content-1", 422, "different_content", "The number came before with other content, always."),
    Row(f"{PREFIX}busy-2-1", 503, "busy", "Not taken, 2 times (1 to 99; 1 without a number); then it is."),
    Row(f"{PREFIX}answer_lost-1", 503, "outcome_unknown", "It is taken and not answered; the repeat is."),
    Row(
        f"{PREFIX}slow-3-1", 201, "received", f"Taken after 3 seconds (up to {SLOW_S_MAX}; {SLOW_S} without a number)."
    ),
    Row(f"{PREFIX}malformed-1", 400, "invalid", "The order cannot be true."),
    Row(f"{PREFIX}scope_missing-1", 403, "scope_missing", "The key may not hand in orders."),
    Row(f"{PREFIX}unavailable-1", 503, "unavailable", "Not now and never taken; with `Retry-After`."),
    Row(f"{PREFIX}incident-1", 500, "internal", "Something fails on our side; not taken."),
    Row(f"{PREFIX}confirmed-1", 201, "received", "Taken; confirmed a moment later."),
    Row(f"{PREFIX}shipped-1", 201, "received", "Taken; confirmed and shipped a moment later."),
    Row(f"{PREFIX}cancelled-1", 201, "received", "Taken; cancelled a moment later."),
    Row(f"{PREFIX}returned-1", 201, "received", "Taken; shipped and returned a moment later."),
)
LIVES = {
    "confirmed": ("confirmed",),
    "shipped": ("confirmed", "shipped"),
    "cancelled": ("cancelled",),
    "returned": ("shipped", "returned"),
}


class OnPurpose(Exception):
    """What a test key wanted to fail: an incident like any other."""


def _fault(field: str) -> tuple[Fault, ...]:
    return (Fault(field, "provoked", "It was provoked with a test key.", "Use another code, or a live key."),)


def _malformed(field: str) -> Exception:
    return malformed(field, "invalid", f"{field} cannot be true: on purpose.", "Use another code, or a live key.")


_REFUSALS: dict[str, Callable[[str], Exception]] = {
    "malformed": _malformed,
    "scope_missing": lambda field: NotAllowed("scope_missing", "The key lacks a scope: on purpose.", _fault(field)),
    "rate_limited": lambda field: TooOften("rate_limited", "The key asks too often: on purpose.", _fault(field), 1),
    "unavailable": lambda _: Unavailable("It is not available: on purpose."),
    "overloaded": lambda _: Unavailable("Too many ask at once: on purpose.", 1, "overloaded"),
    "incident": lambda _: OnPurpose("An incident, on purpose."),
    "in_progress": lambda field: Conflict("in_progress", "It is still being written: on purpose.", _fault(field)),
    "different_content": lambda field: DifferentContent(
        "different_content", "This came before with other content: on purpose.", _fault(field)
    ),
}
_BY_NUMBER_ALONE = ("in_progress", "different_content")
# An item that is to have a price costs us nothing: a limit of the company that goes by the cost must not take it away.
FREE = {"cost": "0"}


def check_item(code: str, field: str) -> None:
    """Refuse an item that provokes what cannot be true of it.

    Errors:  Malformed.
    """
    if code == f"{PREFIX}malformed":
        raise _malformed(field)


def book_on_purpose(book: Snapshot, codes: Iterable[str], *, refuses: bool = True) -> Snapshot:
    """The book as a test key asks it: with the items that provoke, where any of them is asked for.

    Errors:  what an item provokes of the whole request, where it `refuses`.
    """
    words = {code.removeprefix(PREFIX) for code in codes if code.startswith(PREFIX)}
    if not words:
        return book
    for word in sorted(words):
        if refuses and word in _REFUSALS and word not in ("malformed", *_BY_NUMBER_ALONE):
            raise _REFUSALS[word]("item")
    stated = [one for word in sorted(words) for one in _stated(f"{PREFIX}{word}", word)]
    return laid_over(book, stated_draft(book, stated)) if stated else book


def _stated(code: str, word: str) -> Iterable[Stated]:
    """What has to be stated for an item to be answered as its code says."""
    if word in {"item_blocked", "item_ended"}:
        yield Stated("items", code, {"status": word.removeprefix("item_")})
    if word == "no_price":
        yield Stated("items", code, {})
    if word == "price" or seconds_of(code):
        yield Stated("items", code, FREE)
        yield Stated("rules", code, {"action": "price", "list": "base", "item": code, "value": "10"})
    if word == "on_request":
        yield Stated("items", code, FREE)
        yield Stated("price-lists", code, {"visibility": "on_request"})
        yield Stated("assignments", code, {"list": code})
        yield Stated("rules", code, {"action": "price", "list": code, "item": code, "value": "10"})


def seconds_of(code: str) -> int:
    """For how long the answer about an item is held back, in seconds; 0 for an item that provokes no delay."""
    found = _ITEM_SLOW.fullmatch(code)
    seconds = int(found[1]) if found is not None else 0
    return seconds if seconds <= SLOW_S_MAX else 0


@dataclass(frozen=True, slots=True)
class Purpose:
    """What the number of an order provokes: a word of the table, the reason that it names, and how often or long."""

    word: str
    reason: str | None
    count: int | None

    @property
    def seconds(self) -> int:
        """For how long the order is held back before it is taken, in seconds."""
        return min(self.count or SLOW_S, SLOW_S_MAX) if self.word == "slow" else 0

    @property
    def answer_lost(self) -> bool:
        """Whether the order is taken and its first answer lost."""
        return self.word == "answer_lost"

    @property
    def steps(self) -> tuple[str, ...]:
        """The steps of its life that the order takes by itself."""
        return LIVES.get(self.word, ())


_WORDS = tuple(dict.fromkeys(re.split(r"[:-]", row.code.removeprefix(PREFIX))[0] for row in NUMBERS))


def purpose_of(number: str) -> Purpose | None:
    """What an order's number provokes; None for one that is not of the reserved form.

    Errors:  Malformed for one of that form that provokes nothing.
    """
    if not number.startswith(PREFIX):
        return None
    found = _NUMBER.match(number)
    word, reason, count = found.groups() if found is not None else ("", None, None)
    if word not in _WORDS or (word == "held") != (reason is not None):
        text = f"{number!r} provokes nothing: with a test key {PREFIX} begins what does."
        raise malformed("number", "not_a_choice", text, f"Begin with {PREFIX} and one of: {', '.join(_WORDS)}.")
    if reason is not None and reason not in HELD_TEXTS:
        text = f"No order is held for {reason!r}."
        raise malformed("number", "not_a_choice", text, f"Name one of: {', '.join(HELD_TEXTS)}.")
    return Purpose(word, reason, None if count is None else int(count))


def reasons_on_purpose(number: str) -> list[str]:
    """The reasons for which a test key's order is held, as its number says."""
    found = purpose_of(number)
    return [found.reason] if found is not None and found.reason is not None else []


def refuse_on_purpose(database: Database, purpose: Purpose, key: bytes, now: datetime) -> None:
    """Refuse an order before it is taken, as its number says.

    Shapes:  key: by what the order is known again.
    Errors:  those of the table.
    """
    if purpose.word in _REFUSALS:
        raise _REFUSALS[purpose.word]("number")
    if purpose.word == "busy":
        name, until = f"busy:{key.hex()}", stamp(now + TRIES_KEPT)
        tries = database.write(lambda tx: troubles.counted(tx, name, until))
        if tries <= (purpose.count or 1):
            raise Unavailable("The database is busy, on purpose; the order was not taken.", 1, "busy")


def lost_answer() -> Unavailable:
    """That an order was taken and its answer got lost, on purpose."""
    text = "It is not known whether the order was taken (on purpose); send it again with the same key."
    return Unavailable(text, 1, "outcome_unknown")
