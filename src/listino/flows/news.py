"""The pages that a management system tells, on their way in: what is new of them, what ends, what stays out."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import Any

import msgspec

from listino.core.errors import Fault
from listino.core.facts import KINDS
from listino.core.keys import SEPARATOR, code_key
from listino.db import mirror
from listino.db.engine import Database
from listino.db.mirror import ProblemRow
from listino.db.snapshot import digest_of, stamp
from listino.flows.facts import PERSON_FIELDS, Stated
from listino.flows.stock import DEFAULT_WAREHOUSE
from listino.ports import Clock, News, Record, Untranslated

STOCK = "stock"
# Of so many records of a run it is remembered what they said: should the book refuse one, it is tried again.
SAID_KEPT_MAX = 50_000
NOTES_AT_ONCE = 1_000
_UNKNOWN_KIND = "The connector tells a kind of fact that there is not."


class Taking:
    """What one run has read so far.

    Shapes:  names are "kind U+001F code"; later: what was told once more, otherwise, after it had been taken;
             ends: what the system said has ended; unsaid: what came before and cannot be said in our words any more.
    """

    def __init__(self, database: Database, run: tuple[str, int], clock: Clock, *, trusted: bool) -> None:
        """Nothing yet. `trusted`: what is noted of a record that came before is in the book."""
        self.database, self.run, self.clock, self.trusted = database, run, clock, trusted
        self.read = self.pages = 0
        self.cursor: str | None = None
        self.complete = False
        self.later: dict[str, Record] = {}
        self.ends: dict[str, None] = {}
        self.unsaid: dict[str, None] = {}
        self.stock: dict[str, Mapping[str, Any] | None] = {}
        self.problems: dict[str, ProblemRow] = {}
        self.new: Counter[str] = Counter()
        self._seen: set[int] = set()
        self._fed: set[int] = set()
        self._said: dict[str, Any] = {}

    def stated(self, pages: Iterable[News]) -> Iterator[Stated]:
        """The facts that the pages bring and the book does not hold yet, as far as can be told from what is noted."""
        for page in pages:
            self.cursor, self.complete = page.cursor, page.complete
            self.pages += 1
            self.read += len(page.records)
            yield from self._of(page.records)
            self._leave_out(page.untranslated)
        # What the book refused the last time and the system did not tell again.
        again = [one for one in self._refused_before() if not self._has_seen(_name_of(one))]
        yield from self._of(again)

    def told_again(self) -> Iterator[Stated]:
        """The facts that came more than once, as they came last."""
        again, self.later = list(self.later.values()), {}
        self._fed.clear()
        yield from self._of(again)
        self._fed.clear()

    def _of(self, records: Sequence[Record]) -> Iterator[Stated]:
        newest = {_name_of(record): record for record in records}
        if not newest:
            return
        known = mirror.digests(self.database.read().connection, self.run[0], list(newest))
        notes: list[tuple[str, str]] = []
        fresh: list[Stated] = []
        # Price lists first: what they say of zones counts for the prices beside them.
        for name, record in sorted(newest.items(), key=lambda one: one[1].kind != "price-lists"):
            stated = self._taken(name, record, known.get(name), notes)
            if stated is not None:
                fresh.append(stated)
        self._note(notes)
        yield from fresh

    def _taken(self, name: str, record: Record, known: str | None, notes: list[tuple[str, str]]) -> Stated | None:
        """One record: noted, and stated where the book has to change."""
        kind, _, code = name.partition(SEPARATOR)
        mark = digest_of(kind, code)
        if record.said is None:
            if mark in self._fed:
                self.later[name] = record
            elif known is not None:
                self.ends[name] = None
            return None
        if kind != STOCK and kind not in KINDS:
            self.refuse(name, Fault("kind", "unknown_kind", _UNKNOWN_KIND, "Correct the connector or its mapping."))
            return None
        self._seen.add(mark)
        self.ends.pop(name, None)
        self.unsaid.pop(name, None)
        digest = blake2b(msgspec.json.encode(record.said, order="deterministic"), digest_size=16).hexdigest()
        if self.trusted and known == digest and mark not in self._fed:
            return None
        if mark in self._fed:
            self.later[name] = record
            return None
        self._fed.add(mark)
        self.new[kind] += known is None
        if known != digest:
            notes.append((name, digest))
        if len(self._said) < SAID_KEPT_MAX:
            self._said[name] = record.said
        if kind == STOCK:
            self.stock[name] = record.said
            return None
        return Stated(kind, code, dict(record.said))

    def _note(self, notes: list[tuple[str, str]]) -> None:
        """Note what is about to be brought in, before it is: what came from the system is never taken for ours."""
        for start in range(0, len(notes), NOTES_AT_ONCE):
            rows = notes[start : start + NOTES_AT_ONCE]
            self.database.write(lambda tx, rows=rows: mirror.note(tx, self.run, rows, self.clock()))  # type: ignore[misc]
        if not notes:
            self.database.write(lambda tx: mirror.renew(tx, self.run, self.clock()))

    def _leave_out(self, untranslated: Sequence[Untranslated]) -> None:
        """Report what the connector cannot say in our words; what was said of it before no longer holds."""
        names = {code_key(one.kind, one.code): one for one in untranslated}
        known = mirror.digests(self.database.read().connection, self.run[0], list(names))
        for name, one in names.items():
            self.problems[name] = ProblemRow(name, stamp(self.clock()), "untranslated", one.text, one.remedy, None)
            if name in known:
                self.unsaid[name] = None

    def _refused_before(self) -> Iterator[Record]:
        for problem in mirror.problems(self.database.read().connection, self.run[0]):
            if problem.said is not None:
                kind, code, *_ = problem.name.split(SEPARATOR)
                yield Record(kind, code, msgspec.json.decode(problem.said))

    def _has_seen(self, name: str) -> bool:
        kind, _, code = name.partition(SEPARATOR)
        return self.has_seen(kind, code)

    def has_seen(self, kind: str, code: str) -> bool:
        """Whether the system named a record in this run."""
        return digest_of(kind, code) in self._seen

    def is_fed(self, record: Any) -> bool:
        """Whether a record (kind, code) is among what was stated."""
        return digest_of(*record) in self._fed

    def refuse(self, name: str, fault: Fault) -> None:
        """Report that the book did not take a record as it came; it is tried again with the next run."""
        said = self._said.get(name)
        if said is not None and name.startswith("customers" + SEPARATOR):
            said = {field: value for field, value in said.items() if field not in PERSON_FIELDS}
        self._report(name, fault, msgspec.json.encode(said).decode() if said is not None else None)

    def refuse_end(self, name: str, fault: Fault) -> None:
        """Report that a record could not end; it is tried again with the next run."""
        self._report(name, fault, "null")

    def _report(self, name: str, fault: Fault, said: str | None) -> None:
        text = f"{fault.field}: {fault.text}" if fault.field else fault.text
        self.problems[name] = ProblemRow(name, stamp(self.clock()), fault.code, text, fault.remedy, said)


def _name_of(record: Record) -> str:
    """What a record is noted under: stock by item and warehouse."""
    if record.kind != STOCK:
        return code_key(record.kind, record.code)
    warehouse = (record.said or {}).get("warehouse") or DEFAULT_WAREHOUSE
    return code_key(STOCK, f"{record.code}{SEPARATOR}{warehouse}")
