"""The demo company, brought into an empty database once: its facts at once, its orders as stores hand them in."""

import gc
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from listino.core.orders import Order, OrderLine
from listino.db.change_log import change_log
from listino.db.engine import Database
from listino.db.founding import founded
from listino.db.ledger import count_stock
from listino.db.orders import count_of_store
from listino.db.people import Person
from listino.db.snapshot import snapshot
from listino.demo import company, history
from listino.demo.days import ZONE
from listino.demo.shelves import shelves
from listino.flows.facts import PERSON_FIELDS
from listino.flows.intake import Caller, handed_in, keys_of, priced
from listino.web.rest.order_answers import rendered

# About how many facts there are, for the progress bar.
FACTS_ABOUT = 325_000
# The company was there before the first of its orders of the past year.
FOUNDED_DAYS_AGO = 366
ACTOR = "demo"
# (what is being brought in, how many of it are there, of how many)
Passed = Callable[[str, int, int], None]


def is_empty(database: Database) -> bool:
    """Whether nothing has been brought in yet."""
    return database.read().revision == 0


def is_demo(database: Database) -> bool:
    """Whether the first thing that was brought in is the demo company."""
    first = change_log(database.read(), 0, 1)
    return bool(first) and first[0].actor == ACTOR


def seed(database: Database, now: datetime, chance: Any, passed: Passed) -> None:
    """Bring in what is missing of the company as of today: all of it, or the orders that an earlier try left out."""
    today = now.astimezone(ZoneInfo(ZONE)).date()
    if is_empty(database):
        _found(database, now, today, passed)
    if _orders_there(database) < history.ORDERS_COUNT:
        _hand_in(database, today, chance, passed)
        _fill_shelves(database, today)


def _found(database: Database, now: datetime, today: date, passed: Passed) -> None:
    written, interrupted = 0, False

    def count(some: int) -> None:
        nonlocal written
        if interrupted:
            raise InterruptedError  # In the writing thread: nothing is kept, and nobody waits for the rest.
        written += some
        passed("Items, customers and prices", written, max(FACTS_ABOUT, written))

    def write(tx: Any) -> int:
        facts, at = company.facts(Random(company.SEED), today), now - timedelta(days=FOUNDED_DAYS_AGO)
        return founded(tx, facts, _people(today), actor=ACTOR, reason="The demo company", at=at, passed=count)

    # Hundreds of thousands of records are made and none of them in a circle: looking for circles is a fifth of it.
    gc.disable()
    try:
        database.write(write)
    except KeyboardInterrupt:
        interrupted = True
        raise
    finally:
        gc.enable()


def _people(today: date) -> Iterator[tuple[str, Person]]:
    for code, person in company.people(Random(company.SEED), today):
        said = {field: value for field in PERSON_FIELDS if (value := getattr(person, field, None)) is not None}
        yield code, Person(**said)


def _orders_there(database: Database) -> int:
    return sum(count_of_store(database.read().connection, store) for store, _ in history.STORES)


def _hand_in(database: Database, today: date, chance: Any, passed: Passed) -> None:
    """The orders of the past year, each taken at the moment at which it was placed; a repeat changes nothing."""
    futures = []
    for number, old in enumerate(company.orders(Random(company.SEED), today), 1):
        order, moment = _order(old), old.ordered_at.astimezone(UTC)
        caller = Caller(old.store, old.channel, test=False)
        taken = priced(snapshot(database), order, caller, None, now=moment, chance=chance)
        written, _ = handed_in(database, taken, rendered, keys_of(order, caller, None))
        futures.append(written)
        passed("Orders of the past year", number, history.ORDERS_COUNT)
    for future in futures:
        future.result()


def _fill_shelves(database: Database, today: date) -> None:
    """What lies in the warehouses now; the orders of the past have taken theirs."""
    held = list(shelves(Random(company.SEED), today))

    def write(tx: Any) -> None:
        for shelf in held:
            count_stock(tx, *shelf)

    database.write(write)


def _order(old: history.Order) -> Order:
    lines = tuple(OrderLine(item=line.item, quantity=line.quantity, unit=line.unit) for line in old.lines)
    return Order(
        store=old.store,
        number=old.number,
        channel=old.channel,
        customer=old.customer,
        ordered_at=old.ordered_at.astimezone(UTC),
        currency=old.currency,
        lines=lines,
    )


def demo_key(database: Database, now: datetime, chance: Any) -> str:
    """The key of the demo: the one of the last time where it is still good, else a new one."""
    from listino.db.access import digest, key_for
    from listino.flows.access import created

    kept = Path(f"{database.path}-demo-key")
    secret = kept.read_text().strip() if kept.exists() else ""
    if secret and key_for(database.read(), digest(secret)) is not None:
        return secret
    _, secret = created(database, "demo", ["all"], channel=None, test=False, now=now, chance=chance)
    kept.touch(mode=0o600)
    kept.write_text(secret + "\n")
    return secret


def replaced_price(database: Database, today: date) -> tuple[Any, Any]:
    """The questions of the examples, and the agreed price as it is to become: never what it is now."""
    from listino.flows.facts import get

    asked = company.questions(today)
    now_stands = get(database, "rules", asked.agreed.code).said.get("value")
    anew = asked.agreed_anew
    if now_stands == str(anew.value):
        anew = replace(anew, value=asked.agreed.value)
    return asked, anew
