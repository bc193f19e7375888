"""A person asks what is known of them, or to be forgotten."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from listino.core.errors import Fault, NotFound
from listino.db import erasures, orders, people, traces
from listino.db.engine import Connection, Database
from listino.db.snapshot import Snapshot, snapshot, stamp, version, was_ever
from listino.flows.records import plain_fact

# A word this short is looked for with its field's name, as by chance it could stand anywhere.
# So many texts of a person are looked for in the files, those of the customer before those of orders.
WORDS_CHECKED_MAX = 400
WORD_BYTES_MIN = 6
ORDERS_PER_READ = 200
Word = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Erased:
    """The outcome of an erasure, as the bytes of the files tell it.

    `elsewhere` names the fields whose words other records hold too, and where; `left` names files
    in which words of this person still stand: empty, or the erasure is not complete. A server's files
    are not ours to read (not `in_files`): its records were looked through instead.
    """

    records: int
    words: int
    rewritten: bool
    elsewhere: tuple[tuple[str, str], ...]
    left: tuple[tuple[Path, str], ...]
    old_copies: tuple[Path, ...]
    in_files: bool = True


def exported(database: Database, customer: str, now: datetime) -> dict[str, Any]:
    """Everything that is kept of a customer: the record, the person, and the orders with all that is personal.

    Errors:  NotFound.
    """
    book = snapshot(database)
    connection = book.reading.connection
    personal = {person: msgspec.json.decode(body) for person, body in people.bodies_of(connection, customer)}
    placed = list(_orders(connection, customer))
    guest = orders.read(connection, customer)
    placed += [guest] if guest is not None else []
    found = version(book, "customers", customer)
    if found is None and not personal and not placed:
        raise _unknown(customer)
    return {
        "customer": customer,
        "exported_at": stamp(now),
        "record": plain_fact(found.fact) if found is not None else None,
        "person": personal.get(people.customer_id(customer)),
        "orders": [_order(one, personal.get(people.order_id_of(one.id))) for one in placed],
    }


def _orders(connection: Connection, customer: str) -> Iterator[orders.OrderRead]:
    after = ""
    while page := orders.listed(connection, {"customer": customer}, after, ORDERS_PER_READ):
        yield from page
        after = page[-1].id


def _order(order: orders.OrderRead, personal: Any) -> dict[str, Any]:
    said: dict[str, Any] = msgspec.json.decode(order.answer) | msgspec.json.decode(order.message)
    return said | {"handover": order.handover, "life": order.life, "personal": personal}


def _unknown(customer: str) -> NotFound:
    text = f"Nothing is kept of a customer {customer!r}."
    remedy = "Check the code; it is compared exactly."
    return NotFound("unknown_customer", text, (Fault("customer", "unknown_customer", text, remedy),))


def erased(database: Database, customer: str, now: datetime) -> Erased:
    """Forget a customer's person and those of its orders, and make sure that no file holds them any more.

    Works while a server runs. Prices, orders and revisions hold codes only and stay as they are.
    Errors:  NotFound for a customer of whom nothing was ever kept.
    """
    book = snapshot(database)
    words = tuple(islice(_words(book, customer), WORDS_CHECKED_MAX))
    if not words and not _known(book, customer):
        raise _unknown(customer)
    erasures.note(database.path, customer, now)
    records: int = database.write(lambda tx: people.erase(tx, customer, now))
    if database.is_server:
        traces.rewrite_people(database.url)
        elsewhere = _elsewhere(database, set(words))
        places = tuple((field, place) for (field, _), place in elsewhere.items())
        return Erased(records, len(words), True, places, (), (), in_files=False)
    traces.log_emptied(database.path)
    return _checked(database, records, words)


def _known(book: Snapshot, customer: str) -> bool:
    connection = book.reading.connection
    return (
        was_ever(connection, "customers", customer)
        or customer in people.erased(connection)
        or bool(orders.listed(connection, {"customer": customer}, "", 1))
        or orders.read(connection, customer) is not None
    )


def _words(book: Snapshot, customer: str) -> Iterator[Word]:
    """Everything that somebody said of the person, as (field, text), each once."""
    seen: set[Word] = set()
    for _, body in people.bodies_of(book.reading.connection, customer):
        for word in _texts("", msgspec.json.decode(body)):
            if word not in seen:
                seen.add(word)
                yield word


def _texts(field: str, value: Any) -> Iterator[Word]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _texts(name, inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(field, inner)
    elif isinstance(value, str) and value.strip():
        yield field, value


def _bytes_of(word: Word) -> tuple[bytes, ...]:
    """A word as it would stand in a file: as JSON writes it, and plainly where it is long enough."""
    field, text = word
    written = msgspec.json.encode(text)
    if len(text.encode()) < WORD_BYTES_MIN:
        return (msgspec.json.encode(field) + b":" + written,)
    return tuple({written[1:-1], text.encode()})


def _checked(database: Database, records: int, words: tuple[Word, ...]) -> Erased:
    """Look at the bytes of every file; write the database anew if anything is left in it."""
    by_bytes = {piece: word for word in words for piece in _bytes_of(word)}
    found = traces.still_in(traces.files_of(database.path), by_bytes)
    elsewhere = _elsewhere(database, {by_bytes[piece] for pieces in found.values() for piece in pieces})
    mine = {piece: word for piece, word in by_bytes.items() if word not in elsewhere}
    own, copies = _own_and_copies(database, found, mine)
    rewritten = bool(own)
    if rewritten:
        traces.rewrite(database.path)
        traces.log_emptied(database.path)
        own, copies = _own_and_copies(database, traces.still_in(traces.files_of(database.path), mine), mine)
    left = tuple((path, field) for path, fields in own.items() for field in fields)
    places = tuple((field, place) for (field, _), place in elsewhere.items())
    return Erased(records, len(words), rewritten, places, left, tuple(copies))


def _own_and_copies(
    database: Database, found: dict[Path, set[bytes]], mine: dict[bytes, Word]
) -> tuple[dict[Path, list[str]], list[Path]]:
    """The database's living files that hold words of the person, and old copies that do."""
    living = {Path(f"{database.path}{ending}") for ending in ("", "-wal", "-shm")}
    own: dict[Path, list[str]] = {}
    copies: list[Path] = []
    for path, pieces in found.items():
        fields = sorted({mine[piece][0] for piece in pieces if piece in mine})
        if fields and path in living:
            own[path] = fields
        elif fields:
            copies.append(path)
    return own, copies


def _elsewhere(database: Database, words: set[Word]) -> dict[Word, str]:
    """Which of the words stand in rows of their own right now: another person's, or typed into a record."""
    connection = database.read().connection
    places = {word: ", ".join(traces.places_of(connection, _searched(word))) for word in sorted(words)}
    return {word: place for word, place in places.items() if place}


def _searched(word: Word) -> str:
    """A word as it would stand in a row that holds JSON."""
    return min(_bytes_of(word), key=lambda piece: piece != msgspec.json.encode(word[1])[1:-1]).decode()
