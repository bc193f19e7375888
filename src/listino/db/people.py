"""What is personal: the one table that may be overwritten, and the list of whom to forget."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import msgspec

from listino.core.keys import code_key
from listino.db.engine import Connection
from listino.db.snapshot import stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Names and addresses of a customer, or of one order's buyer: nothing of it stands elsewhere."""

    name: str | None = None
    company: str | None = None
    mail: str | None = None
    phone: str | None = None
    vat_id: str | None = None
    street: str | None = None
    postcode: str | None = None
    city: str | None = None
    region: str | None = None
    country: str | None = None


_decode_person = msgspec.json.Decoder(Person).decode


def customer_id(code: str) -> str:
    """Under which id the person of a customer is kept."""
    return code_key("customers", code)


def order_id_of(order: str) -> str:
    """Under which id the people of an order are kept."""
    return code_key("orders", order)


def keep(tx: Connection, person_id: str, customer: str | None, body: str) -> bool:
    """Write what is personal over what was there; True when that is a change. Joins the caller's transaction."""
    row = tx.execute("SELECT body FROM person WHERE id = ?", (person_id,)).fetchone()
    if row is not None and row[0] == body:
        return False
    tx.execute(
        "INSERT INTO person (id, customer, body) VALUES (?, ?, ?) "
        "ON CONFLICT (id) DO UPDATE SET body = excluded.body, customer = excluded.customer",
        (person_id, customer, body),
    )
    return True


def keep_customer(tx: Connection, code: str, person: Person) -> bool:
    """Write a customer's person; True when that is a change. Joins the caller's transaction."""
    return keep(tx, customer_id(code), code, msgspec.json.encode(_said(person)).decode())


def _said(person: Person) -> dict[str, str]:
    return {name: value for name, value in msgspec.to_builtins(person).items() if value is not None}


def person_of(connection: Connection, code: str) -> Person | None:
    """The person of a customer."""
    row = connection.execute("SELECT body FROM person WHERE id = ?", (customer_id(code),)).fetchone()
    return _decode_person(row[0]) if row is not None else None


def bodies_of(connection: Connection, customer: str) -> Iterator[tuple[str, str]]:
    """All that is kept of a customer's person and of the orders placed for it, as (id, JSON).

    `customer` may also be the id of an order: then it is that order's people, a guest's for one.
    """
    yield from connection.execute(
        "SELECT id, body FROM person WHERE customer = ? OR id = ? ORDER BY id", (customer, order_id_of(customer))
    )


def erase(tx: Connection, customer: str, now: datetime) -> int:
    """Forget a customer's person and those of its orders, and note that it was. Joins the caller's transaction.

    `customer` may also be the id of an order: then it is that order's people alone.
    """
    tx.execute(
        "INSERT INTO erasure (person, at) VALUES (?, ?) ON CONFLICT (person) DO UPDATE SET at = excluded.at",
        (customer, stamp(now)),
    )
    whose = "WHERE customer = ? OR id = ?"
    whom = (customer, order_id_of(customer))
    tx.execute(f"UPDATE person SET body = '' {whose}", whom)
    return int(tx.execute(f"DELETE FROM person {whose}", whom).rowcount)


def erased(connection: Connection) -> dict[str, str]:
    """Whom to forget: customers' codes with the instant of their erasure."""
    return dict(connection.execute("SELECT person, at FROM erasure"))
