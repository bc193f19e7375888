"""What the book refuses, each with the record, the field and the remedy."""

from collections.abc import Sequence

from listino.core.errors import Conflict, Fault, Malformed, NotFound, malformed
from listino.core.facts import KIND_OF, Fact
from listino.core.keys import SEPARATOR
from listino.core.naming import field_naming
from listino.core.rules import Rule
from listino.db.engine import Connection

# A key holds at most so many open rules; for more, a group or an item set is the remedy.
RULES_PER_KEY_MAX = 500


def twice(records: Sequence[tuple[str, str]]) -> Malformed:
    """The refusal of a change set that changes a record more than once: nothing says which change counts."""
    texts = [f"{code!r} in {kind} stands twice." for kind, code in records]
    faults = tuple(Fault("code", "twice", text, "Keep one of the changes.") for text in texts)
    return Malformed("twice", " ".join(texts[:5]), faults)


def in_use(kind: str, code: str, users: Sequence[tuple[str, str]]) -> Conflict:
    """The refusal to end what others name."""
    shown = ", ".join(f"{user_kind} {user_code!r}" for user_kind, user_code in users)
    text = f"{code!r} in {kind} cannot end while it is used by: {shown}."
    faults = tuple(
        Fault("code", "in_use", f"used by {user_kind} {user_code!r}", "End or change that record first.")
        for user_kind, user_code in users
    )
    return Conflict("in_use", text, faults)


def unknown_reference(kind: str, code: str, by: Fact) -> Exception:
    """The refusal of a fact that names what is not there."""
    text = f"{KIND_OF[type(by)]} {by.code!r} names {code!r}, which is not in {kind}."
    return malformed(
        field_naming(by, kind, code), "unknown_reference", text, f"Create it in {kind} first, or correct the code."
    )


def full_key(fact: Rule) -> Exception:
    """The refusal of a rule whose key holds as many rules as it may."""
    text = f"{RULES_PER_KEY_MAX} rules have exactly the scope of rule {fact.code!r}; a scope holds no more."
    return malformed("code", "key_full", text, "Use scales or a group instead of many single rules.")


def claimed(tx: Connection, name: str, change_set: int) -> Conflict:
    """The refusal to change what an import that is not yet published has claimed."""
    sql = "SELECT actor, at, lease_until FROM change_set WHERE id = ?"
    actor, at, lease_until = tx.execute(sql, (change_set,)).fetchone()
    kind, _, code = name.partition(SEPARATOR)
    text = f"{code!r} in {kind} is being changed by the import by {actor} of {at}, which is not finished."
    remedy = (
        f"Repeat it when it is done. Should it have died, its claims are taken back soon after {lease_until} "
        "by a running server, or by the next import."
    )
    return Conflict("claimed_by_import", text, (Fault("code", "claimed_by_import", text, remedy),))


def absent(kind: str, code: str) -> NotFound:
    """The refusal to end what is not there."""
    text = f"There is no {code!r} in {kind}."
    return NotFound("not_found", text, (Fault("code", "not_found", text, f"List {kind} to see what is there."),))


def loop(kind: str, code: str, field: str) -> Malformed:
    """The refusal of a record that would stand above itself."""
    text = f"{code!r} in {kind} would stand above itself."
    return malformed(field, "loop", text, f"Name another {field}, or none.")
