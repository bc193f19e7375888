"""The first facts of an empty book, written at once: no earlier versions, no readers, one transaction."""

from collections.abc import Callable, Iterable
from datetime import datetime
from itertools import islice

from listino.core.errors import Fault, Refused
from listino.core.facts import KIND_OF, Fact
from listino.core.keys import code_key, is_rule_key, key_of, shape_of
from listino.db.book import count_shapes
from listino.db.codec import body_of
from listino.db.engine import Connection
from listino.db.lookups import digests_of
from listino.db.people import Person, keep_customer
from listino.db.schema import OPEN
from listino.db.snapshot import stamp

FACTS_AT_ONCE = 5_000
REVISION = 1


def founded(
    tx: Connection,
    facts: Iterable[Fact],
    people: Iterable[tuple[str, Person]],
    *,
    actor: str,
    reason: str,
    at: datetime,
    passed: Callable[[int], None],
) -> int:
    """Write checked facts, each after those that it names, into an empty book: how many. Joins the transaction.

    Errors:  Refused where the book is not empty.
    """
    (revision,) = tx.execute("SELECT revision FROM book").fetchone()
    (facts_there,) = tx.execute("SELECT count(*) FROM (SELECT 1 FROM fact LIMIT 1) AS found").fetchone()
    if revision or facts_there:
        text = "The database holds a company's data already."
        raise Refused("not_empty", text, (Fault("database", "not_empty", text, "Name a new one with --database."),))
    shapes: dict[str, int] = {}
    stream, written = iter(facts), 0
    while some := list(islice(stream, FACTS_AT_ONCE)):
        _write(tx, some, written, shapes)
        written += len(some)
        passed(len(some))
    for customer, person in people:
        keep_customer(tx, customer, person)
    count_shapes(tx, shapes)
    tx.execute(
        "INSERT INTO change_set (revision, state, at, actor, reason, changes, staged, first_fact, last_fact) "
        "VALUES (?, 'published', ?, ?, ?, ?, 0, 1, ?)",
        (REVISION, stamp(at), actor, reason, written, written),
    )
    tx.execute("UPDATE book SET revision = ?", (REVISION,))
    return written


def _write(tx: Connection, facts: list[Fact], before: int, shapes: dict[str, int]) -> None:
    rows, names, targets = [], [], []
    for fact_id, fact in enumerate(facts, before + 1):
        key = key_of(fact)
        rows.append((fact_id, key, fact.code, REVISION, OPEN, body_of(fact)))
        names.append((code_key(KIND_OF[type(fact)], fact.code), OPEN, fact_id))
        targets += [(digest, fact_id) for digest in digests_of(fact)]
        if is_rule_key(key):
            shape = shape_of(key)
            shapes[shape] = shapes.get(shape, 0) + 1
    tx.executemany("INSERT INTO fact (id, key, code, since, ended, body) VALUES (?, ?, ?, ?, ?, ?)", rows)
    tx.executemany("INSERT INTO code_of (code, ended, fact) VALUES (?, ?, ?)", sorted(names))
    tx.executemany("INSERT INTO reference (target, fact) VALUES (?, ?) ON CONFLICT DO NOTHING", sorted(targets))
