"""Changes that were read are looked at and kept: what was looked at is still so when they are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from listino.core.errors import Conflict, Unavailable
from listino.core.findings import CHECKS, Checks, Findings, Record
from listino.db import people
from listino.db.book import Change, Committed, commit
from listino.db.engine import Connection, Database
from listino.db.lookups import formulas_since, touched_since, written
from listino.db.people import Person
from listino.db.snapshot import Snapshot, snapshot
from listino.flows.review import Reviewed, reviewed

# So often a change set is looked at anew because others changed what it stands beside.
LOOKS_MAX = 20


@dataclass(frozen=True, slots=True)
class Ready:
    """A stated change, read, settled and checked."""

    change: Change
    person: Person | None


@dataclass(frozen=True, slots=True)
class Saved:
    """The outcome of a change set: the revision that holds it, how many facts it changed, what was noticed."""

    revision: int
    changed: int
    findings: Findings


def kept(
    database: Database,
    ready: Sequence[Ready],
    actor: str,
    reason: str | None,
    now: datetime,
    *,
    checks: Checks,
    places: Mapping[Record, str],
) -> Saved:
    """Keep changes as one revision, all or nothing, after a look at what they would do.

    Shapes:  places: where in what was sent a record stands, before the fields of its faults.
    Errors:  Conflict, NotFound, Malformed as of `commit`; Malformed for what is noticed and to be refused,
             ToConfirm for what a person has to confirm; nothing is changed then.
    """
    changes = [one.change for one in ready]
    looks = checks.looks_for(*CHECKS)

    def write(tx: Connection, changes: Sequence[Change], seen: Reviewed | None) -> Committed | None:
        if seen is not None and _is_past(tx, seen):
            return None
        committed = commit(tx, changes, actor, reason, now)
        for one in ready:
            if one.person is not None:
                people.keep_customer(tx, one.change.code, one.person)
        return committed

    for _ in range(LOOKS_MAX):
        findings = Findings(checks, places)
        seen = reviewed(snapshot(database), changes, findings, now) if looks else None
        settled = changes if seen is None else [_as_seen(change, seen) for change in changes]
        try:
            committed: Committed | None = database.write(lambda tx: write(tx, settled, seen))  # noqa: B023  # called now
        except Conflict as error:
            if error.code != "conflict" or seen is None or not _came_meanwhile(snapshot(database), seen):
                raise
        else:
            if committed is not None:
                return Saved(committed.revision, committed.changed, findings)
    raise Unavailable("Others keep changing what this stands beside.", retry_in_s=1, code="busy")


def _is_past(tx: Connection, seen: Reviewed) -> bool:
    """Whether others have changed what was looked at."""
    return touched_since(tx, seen.revision, seen.keys) or (seen.formulas and formulas_since(tx, seen.revision))


def _as_seen(change: Change, seen: Reviewed) -> Change:
    """A change that is kept only if its record is as it was seen: a rule that was not there still must not be."""
    if change.kind == "rules" and change.based_on is None and change.code in seen.new:
        return replace(change, based_on=0)
    return change


def _came_meanwhile(book: Snapshot, seen: Reviewed) -> bool:
    return bool(written(book, [("rules", code) for code in seen.new]))
