"""What a management system no longer holds ends here too: only what came from it, and never all at once unasked."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from listino.core.errors import Fault
from listino.core.keys import SEPARATOR, code_key
from listino.db import mirror
from listino.db.book import users_of
from listino.db.lookups import written
from listino.db.refusals import in_use
from listino.db.snapshot import snapshot
from listino.flows.facts import Stated
from listino.flows.mirror_plan import END_PERCENT_MAX
from listino.flows.news import STOCK, Taking

# So few may always end, unless they are all there is of their kind.
ENDS_ALWAYS = 9
# What is named by what ends, which is named by what ends ...: so often it is looked at.
ROUNDS_MAX = 50


@dataclass(frozen=True, slots=True)
class Guard:
    """How much may end by a full comparison without being confirmed, in percent of what came of a kind."""

    percent: int = END_PERCENT_MAX
    confirmed: bool = False

    def stops(self, ends: int, held: int) -> bool:
        """Whether a person has to confirm that so many of so many end."""
        if self.confirmed or not ends:
            return False
        return ends * 100 > held * self.percent and (ends > ENDS_ALWAYS or (ends == held and held > 1))


@dataclass(slots=True)
class Ends:
    """What ends with a run: facts and stock by name; and by kind, what waits for a person and how much there was."""

    facts: list[str] = field(default_factory=list)
    stock: list[str] = field(default_factory=list)
    to_confirm: dict[str, dict[str, int]] = field(default_factory=dict)
    held: Counter[str] = field(default_factory=Counter)


def told_ends(taking: Taking, ends: Ends) -> Iterator[Stated]:
    """The ends of what the system said has ended."""
    yield from _stated(taking, list(taking.ends), ends)
    taking.ends.clear()


def ends_unnamed(taking: Taking, ends: Ends, guard: Guard) -> Iterator[Stated]:
    """The ends of what the system said has ended, and of what can be said no longer; after a complete reading also of
    what it did not name.

    Where that is too much of a kind it waits for a person: a mapping may be broken as well as a system.
    """
    gone = list(taking.unsaid)
    if taking.complete:
        gone = list(_not_named(taking, ends))
    elif len(gone) > 1:
        ends.held.update(_kind(name) for name in mirror.names(taking.database.read().connection, taking.run[0]))
    for kind, count in Counter(_kind(name) for name in gone).items():
        if guard.stops(count, ends.held[kind]):
            ends.to_confirm[kind] = {"ends": count, "of": ends.held[kind]}
    yield from _stated(taking, [*taking.ends, *(name for name in gone if _kind(name) not in ends.to_confirm)], ends)
    taking.ends.clear()


def _not_named(taking: Taking, ends: Ends) -> Iterator[str]:
    """What came from the system and was not named in this run; all is counted on the way."""
    for name in mirror.names(taking.database.read().connection, taking.run[0]):
        kind, _, code = name.partition(SEPARATOR)
        ends.held[kind] += 1
        if not taking.has_seen(kind, code) and name not in taking.ends:
            yield name


def _stated(taking: Taking, names: list[str], ends: Ends) -> Iterator[Stated]:
    """The ends of what is in the book and not used by what stays; what is, is reported and stays."""
    ends.stock += [name for name in names if _kind(name) == STOCK]
    facts = [name for name in names if _kind(name) != STOCK]
    if not facts:
        return
    book = snapshot(taking.database)
    there = set(written(book, [_record(name) for name in facts]))
    moving = _Moving(taking, set(there))
    for _ in range(ROUNDS_MAX):
        used = [
            (record, users)
            for record in moving.ending
            if (users := users_of(book.reading.connection, *record, but=moving))
        ]
        for record, users in used:
            moving.ending.discard(record)
            text = in_use(*record, users).detail
            taking.refuse_end(code_key(*record), Fault("", "in_use", text, "End or change those records first."))
        if not used:
            break
    kept = {code_key(*record) for record in there - moving.ending}
    ends.facts += [name for name in facts if name not in kept]
    yield from (Stated(kind, code, None) for kind, code in sorted(moving.ending))


class _Moving:
    """The records that this run changes or ends: what they name now, they need not name afterwards."""

    def __init__(self, taking: Taking, ending: set[tuple[str, str]]) -> None:
        self.ending = ending
        self._taking = taking

    def __contains__(self, record: object) -> bool:
        return record in self.ending or self._taking.is_fed(record)


def _kind(name: str) -> str:
    return name.partition(SEPARATOR)[0]


def _record(name: str) -> tuple[str, str]:
    kind, _, code = name.partition(SEPARATOR)
    return kind, code
