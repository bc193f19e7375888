"""Large change sets: staged in short chunks that nobody sees, then published as one revision by one short commit.

A staged row holds STAGED plus its change set's id in `since` or `ended` until it is settled. The order
of work is that of the claims: new facts, then codes (where a record that somebody else changed meanwhile
is found out), then the ends of what is replaced, then references, and after these a last look at who
is named. A record that ends without a successor leaves a fact of no time under an `ends` key, so that
all claims of a change set are found by its range of fact ids.
"""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count, islice
from operator import itemgetter
from typing import Any

from listino.core.errors import Conflict, Fault
from listino.core.keys import SEPARATOR, is_rule_key, shape_of
from listino.db.book import HEADER_KEYS_MAX, Committed, count_shapes, header_keys, next_fact, records_json, users_of
from listino.db.change_log import RECORDS_SHOWN_MAX
from listino.db.chunks import Chunks
from listino.db.engine import Connection, Database
from listino.db.people import customer_id, keep
from listino.db.refusals import in_use
from listino.db.release import ENDS, release, released, settle
from listino.db.schema import OPEN, STAGED
from listino.db.side import SideFile
from listino.db.snapshot import next_stamp, stamp
from listino.db.suspects import Suspects

# A change set whose import has not been heard of for so long is taken back by whoever comes next.
LEASE_S = 120
# So many persons are kept by the publishing commit itself; more follow in chunks.
PEOPLE_AT_ONCE = 200

Clock = Callable[[], datetime]
Passed = Callable[[str, int], None]


def published(
    database: Database,
    side: SideFile,
    actor: str,
    reason: str | None,
    clock: Clock,
    passed: Passed,
    last_look: Callable[[Connection], None],
) -> Committed:
    """Bring the rows of a side file, compared and checked, into the book as one revision, all or nothing.

    `last_look` joins the transaction that publishes it; what it raises stops it.
    Errors:  Conflict when somebody else changed one of the records meanwhile, when an ended one is
             in use, or while another import is under way; nothing has changed then.
    """
    released(database, clock())
    work = _Staging(database, side, clock, passed, last_look)
    if not side.has_changes():
        _keep_people(database, side, 0)
        return Committed(database.read().revision, 0)
    work.open(actor, reason)
    try:
        committed = work.carry_out()
    except BaseException:
        release(database, work.change_set)
        raise
    _keep_people(database, side, PEOPLE_AT_ONCE)
    if work.marked:
        settle(database, work.change_set, committed.revision)
    return committed


class _Staging:
    """A staged change set on its way into the book."""

    def __init__(
        self, database: Database, side: SideFile, clock: Clock, passed: Passed, last_look: Callable[[Connection], None]
    ) -> None:
        self.database, self.side, self.clock, self.passed = database, side, clock, passed
        self.last_look = last_look
        self.change_set = 0
        self.mark = 0
        self.changed = 0
        self.marked = False
        self.keys: str | None = None
        self.ended: str | None = None
        self.shapes: Counter[str | None] = Counter()

    def open(self, actor: str, reason: str | None) -> None:
        """Make the change set's header; one import at a time is staged."""

        def write(tx: Connection) -> int:
            other = tx.execute("SELECT actor, at FROM change_set WHERE state = 'staging'").fetchone()
            if other is not None:
                text = f"The import by {other[0]} of {other[1]} is not finished."
                raise Conflict("import_under_way", text, (Fault("", "import_under_way", text, "Repeat it later."),))
            row = tx.execute(
                "INSERT INTO change_set (state, at, actor, reason, changes, staged, lease_until) "
                "VALUES ('staging', ?, ?, ?, 0, 1, ?) RETURNING id",
                (stamp(self.clock()), actor, reason, self._lease()),
            ).fetchone()
            return int(row[0])

        self.change_set = self.database.write(write)
        self.mark = STAGED + self.change_set

    def carry_out(self) -> Committed:
        """Stage everything, look once more, and publish."""
        self._place_facts()
        self._claim_codes()
        self._claim_ends()
        self._end_replaced()
        self._place_references()
        self._look_again()
        self.shapes.subtract(shape_of(key) for key in self.side.ended_keys() if is_rule_key(key))
        self.keys = header_keys(self.side.touched_keys(HEADER_KEYS_MAX))
        ended = self.side.ending().fetchmany(RECORDS_SHOWN_MAX)
        self.ended = records_json([(name.partition(SEPARATOR)[0], code) for name, code, _ in ended])
        committed: Committed = self.database.write(self._publish)
        return committed

    def _lease(self) -> str:
        return stamp(self.clock() + timedelta(seconds=LEASE_S))

    def _in_chunks(
        self,
        what: str,
        rows: Any,
        write: Callable[[Connection, list[Any]], Any],
        written: Callable[[list[Any], Any], None] | None = None,
    ) -> None:
        """Carry out the rows of a cursor chunk by chunk, the lease renewed with each.

        While one chunk is written, the one before is noted in the side file and the next is fetched.
        """
        chunks = Chunks(self.database)
        chunk, last = rows.fetchmany(chunks.size), None
        while chunk:

            def work(tx: Connection, chunk: list[Any] = chunk) -> Any:
                self._renew(tx)
                return write(tx, chunk)

            end = chunks.begin(work)
            if last is not None and written is not None:
                written(*last)
            following = rows.fetchmany(chunks.size)
            last = chunk, end()
            self.passed(what, len(chunk))
            chunk = following
        if last is not None and written is not None:
            written(*last)

    def _renew(self, tx: Connection) -> None:
        sql = "UPDATE change_set SET lease_until = ? WHERE id = ? AND state = 'staging'"
        if tx.execute(sql, (self._lease(), self.change_set)).rowcount != 1:
            text = "The import stood still for so long that its changes were taken back."
            raise Conflict("import_released", text, (Fault("", "import_released", text, "Start it again."),))

    def _place_facts(self) -> None:
        connection = self.side.connection
        connection.execute("BEGIN")
        self._in_chunks("facts", self.side.placing(), self._place_chunk, self._placed)
        connection.execute("COMMIT")

    def _place_chunk(self, tx: Connection, rows: list[Any]) -> int:
        first = next_fact(tx)
        tx.executemany(
            f"INSERT INTO fact (id, key, code, since, ended, body) VALUES (?, ?, ?, {self.mark}, {OPEN}, ?)",
            [(number, key, code, body) for number, (_, key, code, body, _) in enumerate(rows, first)],
        )
        self._note_range(tx, first, first + len(rows) - 1)
        return first

    def _placed(self, rows: list[Any], first: int) -> None:
        self.side.placed(zip(map(itemgetter(0), rows), count(first), strict=False))
        self.shapes.update(map(itemgetter(4), rows))
        self.changed += len(rows)

    def _note_range(self, tx: Connection, first: int, last: int) -> None:
        sql = "UPDATE change_set SET first_fact = coalesce(first_fact, ?), last_fact = ? WHERE id = ?"
        tx.execute(sql, (first, last, self.change_set))

    def _claim_codes(self) -> None:
        self._in_chunks("codes", self.side.naming_codes(), self._claim_chunk)

    def _claim_chunk(self, tx: Connection, rows: list[Any]) -> None:
        replaced = [(name, old) for name, _, old in rows if old is not None]
        if replaced:
            self._claim(tx, replaced)
        sql = f"INSERT INTO code_of (code, ended, fact) VALUES (?, {OPEN}, ?) ON CONFLICT DO NOTHING"
        if tx.executemany(sql, list(map(itemgetter(0, 1), rows))).rowcount != len(rows):
            raise self._met(tx, [name for name, _, _ in rows])

    def _claim(self, tx: Connection, old: list[tuple[str, int]]) -> None:
        """Mark the open versions as ended by this change set, if they are still those that were compared."""
        sql = f"UPDATE code_of SET ended = {self.mark} WHERE code = ? AND ended = {OPEN} AND fact = ?"
        if tx.executemany(sql, old).rowcount != len(old):
            raise self._met(tx, [name for name, _ in old])
        self.marked = True

    def _met(self, tx: Connection, names: list[str]) -> Conflict:
        """The refusal that names a record which somebody else changed while it was imported."""
        for name in names:
            rows = tx.execute(
                "SELECT fact.since, code_of.ended FROM code_of JOIN fact ON fact.id = code_of.fact "
                "WHERE code_of.code = ? ORDER BY code_of.ended DESC LIMIT 1",
                (name,),
            ).fetchall()
            for since, ended in rows:
                revision = since if ended == OPEN else ended
                if revision < STAGED:
                    who = tx.execute("SELECT actor, at FROM change_set WHERE revision = ?", (revision,)).fetchone()
                    return _met_by(name, f"by {who[0]} at {who[1]}, revision {revision}")
        return _met_by(names[0], "or one of those near it")

    def _claim_ends(self) -> None:
        self._in_chunks("ends", self.side.ending(), self._end_chunk)

    def _end_chunk(self, tx: Connection, rows: list[Any]) -> None:
        self._claim(tx, [(name, fact) for name, _, fact in rows])
        first = next_fact(tx)
        tx.executemany(
            f"INSERT INTO fact (id, key, code, since, ended, body) VALUES (?, ?, ?, {self.mark}, {self.mark}, '')",
            [(number, ENDS + SEPARATOR + name, code) for number, (name, code, _) in enumerate(rows, first)],
        )
        self._note_range(tx, first, first + len(rows) - 1)
        self.changed += len(rows)

    def _end_replaced(self) -> None:
        sql = f"UPDATE fact SET ended = {self.mark} WHERE id = ? AND ended = {OPEN}"
        self._in_chunks("ends", self.side.replaced(), lambda tx, chunk: tx.executemany(sql, chunk))

    def _place_references(self) -> None:
        sql = "INSERT INTO reference (target, fact) VALUES (?, ?) ON CONFLICT DO NOTHING"
        self._in_chunks("references", self.side.referring(), lambda tx, chunk: tx.executemany(sql, chunk))

    def _look_again(self) -> None:
        """From here on nobody can end what we name, nor name what we end: both must still be as they were."""
        self.side.look_again()
        suspects = Suspects(self.side)
        for digest, name in suspects.missing():
            if next(suspects.naming(digest), None) is not None:
                raise _met_by(name, "and it is there no longer")
        connection = self.database.read().connection
        for name, _, _ in self.side.ending():
            kind, _, code = name.partition(SEPARATOR)
            users = users_of(connection, kind, code, self.mark)
            if users:
                raise in_use(kind, code, users)

    def _publish(self, tx: Connection) -> Committed:
        self._renew(tx)
        self.last_look(tx)
        revision = 1 + tx.execute("SELECT revision FROM book").fetchone()[0]
        count_shapes(tx, {shape: rules for shape, rules in self.shapes.items() if shape is not None})
        tx.execute(
            "UPDATE change_set SET state = 'published', revision = ?, at = ?, changes = ?, keys = ?, ended = ?, "
            "lease_until = ? WHERE id = ?",
            (revision, next_stamp(tx, self.clock()), self.changed, self.keys, self.ended,
             self._lease() if self.marked else None, self.change_set),
        )  # fmt: skip
        tx.execute("UPDATE book SET revision = ?", (revision,))
        for code, body in islice(self.side.people(), PEOPLE_AT_ONCE):
            keep(tx, customer_id(code), code, body)
        return Committed(revision, self.changed)


def _keep_people(database: Database, side: SideFile, after: int) -> None:
    """Keep what is personal from behind so many on: it makes no revision, and a repeated import completes it."""
    people, chunks = islice(side.people(), after, None), Chunks(database)
    while chunk := list(islice(people, chunks.size)):
        chunks.write(lambda tx, chunk=chunk: [keep(tx, customer_id(code), code, body) for code, body in chunk])  # type: ignore[misc]


def _met_by(name: str, how: str) -> Conflict:
    kind, _, code = name.partition(SEPARATOR)
    text = f"{code!r} in {kind} was changed while the import ran, {how}; nothing was imported."
    return Conflict("changed_meanwhile", text, (Fault("code", "changed_meanwhile", text, "Start the import again."),))
