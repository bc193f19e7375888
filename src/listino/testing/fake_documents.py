"""What a fake ERP holds: documents under keys, facts, customers, what it was told of orders. SQLite, or in memory."""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from threading import RLock
from typing import Any

import msgspec

from listino.core.orders import Charge, Party
from listino.ports import ErpOrder, EventToHand, LineToPlace, News, OrderStates, OrderToPlace, Record

PAGE = 100
BUSY_S = 10.0
TABLES = """
CREATE TABLE IF NOT EXISTS document (number INTEGER PRIMARY KEY, key TEXT NOT NULL, body TEXT NOT NULL,
  at TEXT NOT NULL, life TEXT NOT NULL, text TEXT, changed INTEGER);
CREATE INDEX IF NOT EXISTS document_key ON document (key);
CREATE TABLE IF NOT EXISTS fact (kind TEXT, code TEXT, said TEXT, changed INTEGER, PRIMARY KEY (kind, code));
CREATE TABLE IF NOT EXISTS customer (key TEXT PRIMARY KEY, number INTEGER, body TEXT);
CREATE TABLE IF NOT EXISTS event (key TEXT PRIMARY KEY, order_key TEXT, kind TEXT, amount TEXT);
CREATE TABLE IF NOT EXISTS serial (number INTEGER PRIMARY KEY);
"""
_decode_order = msgspec.json.Decoder(OrderToPlace).decode


@dataclass(frozen=True, slots=True)
class Document:
    """An order as it stands in the fake."""

    number: int
    order: OrderToPlace
    at: datetime
    life: str
    text: str | None

    def said(self) -> ErpOrder:
        """What the fake tells of it: amounts that it added up itself."""
        parts: tuple[LineToPlace | Charge, ...] = (*self.order.lines, *self.order.charges)
        return ErpOrder(
            key=self.order.key,
            number=f"F{self.number}",
            net=sum((part.net or Decimal(0) for part in parts), Decimal(0)),
            gross=sum((part.gross or Decimal(0) for part in parts), Decimal(0)),
            life=self.life,
            at=self.at,
            text=self.text,
        )


class Documents:
    """The file (or memory) of a fake; `unique` refuses a second document under a key, as an ERP of class A does."""

    def __init__(self, path: str | Path, *, unique: bool) -> None:
        self._connection = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
        # A killed process loses nothing by this, only a machine without power would.
        self._connection.execute("PRAGMA synchronous=OFF")
        self._connection.executescript(TABLES)
        if unique:
            self._connection.execute("CREATE UNIQUE INDEX IF NOT EXISTS document_once ON document (key)")
        self._lock = RLock()

    def place(self, order: OrderToPlace, at: datetime) -> Document:
        """Write a document; where keys are unique and one stands there, that one."""
        body = msgspec.json.encode(order).decode()
        self._do(
            "INSERT INTO document (key, body, at, life, changed) VALUES (?, ?, ?, 'received', ?) "
            "ON CONFLICT DO NOTHING",
            order.key, body, at.isoformat(), self._next(),
        )  # fmt: skip
        return self.held(order.key)[-1]

    def held(self, key: str | None = None) -> list[Document]:
        """The documents, oldest first."""
        where, values = ("", ()) if key is None else (" WHERE key = ?", (key,))
        rows = self._do(f"SELECT number, body, at, life, text FROM document{where} ORDER BY number", *values)
        return [
            Document(number, _decode_order(body), datetime.fromisoformat(at), life, text)
            for number, body, at, life, text in rows
        ]

    def live(self, key: str, life: str, at: datetime, text: str | None) -> None:
        """Change the life of a document."""
        statement = "UPDATE document SET life = ?, at = ?, text = ?, changed = ? WHERE key = ?"
        self._do(statement, life, at.isoformat(), text, self._next(), key)

    def forget(self, document: Document) -> None:
        """Have a document deleted, as somebody in the ERP may."""
        self._do("DELETE FROM document WHERE number = ?", document.number)

    def states(self, since: str | None) -> OrderStates:
        """The documents that changed since a cursor."""
        changed = self._do("SELECT number, key FROM document WHERE changed > ? ORDER BY changed", int(since or 0))
        found = {document.number: document for key in {key for _, key in changed} for document in self.held(key)}
        return OrderStates(tuple(found[number].said() for number, _ in changed), self._cursor())

    def say(self, record: Record) -> None:
        """Keep a fact."""
        said = None if record.said is None else msgspec.json.encode(record.said).decode()
        statement = (
            "INSERT INTO fact (kind, code, said, changed) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (kind, code) DO UPDATE SET said = excluded.said, changed = excluded.changed"
        )
        self._do(statement, record.kind, record.code, said, self._next())

    def news(self, since: str | None) -> Iterator[News]:
        """The facts that changed, in pages; without a cursor all that there are."""
        where = " AND said IS NOT NULL" if since is None else ""
        statement = f"SELECT kind, code, said FROM fact WHERE changed > ?{where} ORDER BY changed"
        rows = self._do(statement, int(since or 0))
        cursor = self._cursor()
        for first in range(0, max(len(rows), 1), PAGE):
            page = tuple(
                Record(kind, code, None if said is None else msgspec.json.decode(said))
                for kind, code, said in rows[first : first + PAGE]
            )
            yield News(page, cursor, complete=since is None)

    def customer(self, buyer: Party, key: str) -> str:
        """The number of a buyer, made when the key is new."""
        body = msgspec.json.encode(buyer).decode()
        statement = "INSERT INTO customer (key, number, body) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
        self._do(statement, key, self._next(), body)
        return f"C{self._do('SELECT number FROM customer WHERE key = ?', key)[0][0]}"

    def follow(self, event: EventToHand) -> None:
        """Do what an event asks; nothing where its key came before."""
        statement = (
            "INSERT INTO event (key, order_key, kind, amount) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING 1"
        )
        amount = None if event.amount is None else str(event.amount)
        if not self._do(statement, event.key, event.order_key, event.kind, amount):
            return
        if event.kind == "cancelled":
            self.live(event.order_key, "cancelled", event.at, event.text)
        elif event.kind == "changed" and event.order is not None:
            body = msgspec.json.encode(event.order).decode()
            statement = "UPDATE document SET body = ?, changed = ? WHERE key = ?"
            self._do(statement, body, self._next(), event.order_key)

    def followed(self, order_key: str) -> list[tuple[str, str, str | None]]:
        """What it was told of an order: key, kind and amount of each event."""
        return self._do("SELECT key, kind, amount FROM event WHERE order_key = ? ORDER BY rowid", order_key)

    def _next(self) -> int:
        self._do("INSERT INTO serial DEFAULT VALUES")
        return int(self._cursor())

    def _cursor(self) -> str:
        return str(self._do("SELECT coalesce(max(number), 0) FROM serial")[0][0])

    def _do(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._connection.execute(statement, values).fetchall()
