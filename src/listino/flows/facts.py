"""The company states a fact, changes it or ends it; somebody reads what is stated."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from listino.core.errors import Fault, Malformed, NotFound, malformed
from listino.core.facts import Fact, Item, PriceList
from listino.core.findings import UNCHECKED, Checks
from listino.core.keys import code_key
from listino.core.rules import Rule
from listino.core.schemes import READY_SCHEMES
from listino.core.validity import zone_named
from listino.db import people
from listino.db.book import Change
from listino.db.change_log import change_log as change_log
from listino.db.engine import Database
from listino.db.people import Person
from listino.db.snapshot import Snapshot, Version, company, snapshot, under, version, versions
from listino.flows.keeping import Ready as Ready
from listino.flows.keeping import Saved, kept
from listino.flows.records import fact_from, plain_fact, settled

# A change set of this size is carried out in one go; a larger one is staged.
DIRECT_CHANGES_MAX = 500
# The fields that name another fact, the most selective first.
SELECTIVE_FIELDS = (
    ("customer", "customers"), ("item", "items"), ("variant", "items"), ("variant_of", "items"),
    ("account", "accounts"), ("list", "price-lists"), ("brand", "brands"), ("item_group", "item-groups"),
    ("item_groups", "item-groups"), ("customer_group", "customer-groups"), ("customer_groups", "customer-groups"),
    ("channel", "channels"), ("assortment", "assortments"), ("scheme", "schemes"),
)  # fmt: skip
PERSON_FIELDS = frozenset(Person.__dataclass_fields__) - {"country", "region", "postcode"}


@dataclass(frozen=True, slots=True)
class Stated:
    """One change as a caller states it: a fact's plain values, or None to end it."""

    kind: str
    code: str
    said: dict[str, Any] | None
    based_on: int | None = None


class Zones:
    """In which zone a fact's local times are meant: its own, its price list's, or the company's."""

    def __init__(self, book: Snapshot) -> None:
        self._book = book
        self.company = zone_named(company(book.reading).zone) or ZoneInfo("UTC")
        self._of_list: dict[str, ZoneInfo] = {}

    def of(self, fact: Fact) -> ZoneInfo:
        """The zone for a fact's local times."""
        code = fact.list if isinstance(fact, Rule) else None
        if code is None:
            return self.company
        if code not in self._of_list:
            key = code_key("price-lists", code)
            found = under(self._book, (key,)).get(key)
            named: str | None = found[0].zone if found else None
            self._of_list[code] = (zone_named(named) if named else None) or self.company
        return self._of_list[code]

    def learn(self, fact: Fact) -> None:
        """Take in a price list that the same change set brings."""
        if isinstance(fact, PriceList) and fact.zone is not None:
            self._of_list[fact.code] = zone_named(fact.zone) or self.company


def read(stated: Stated, zones: Zones) -> Ready:
    """A stated change as it will be kept.

    Errors:  Malformed with every fault that its fields have.
    """
    if stated.said is None:
        return Ready(Change(stated.kind, stated.code, None, stated.based_on), None)
    said, person = dict(stated.said), None
    if stated.kind == "customers":
        said, person = _split(said)
    fact = fact_from(stated.kind, stated.code, said)
    fact = settled(fact, zones.of(fact))
    zones.learn(fact)
    return Ready(Change(stated.kind, stated.code, fact, stated.based_on), person)


def _split(said: dict[str, Any]) -> tuple[dict[str, Any], Person | None]:
    """What of a customer is personal, apart from what is a fact."""
    personal = {name: said.pop(name) for name in PERSON_FIELDS & said.keys()}
    if not personal:
        return said, None
    for name, value in personal.items():
        if value is not None and not isinstance(value, str):
            raise malformed(name, "wrong_type", f"{name} must be text.", f"Send {name} as a string.")
        if value is not None and len(value) > 400:
            raise malformed(name, "too_long", f"{name} has more than 400 characters.", "Shorten it.")
    return said, Person(**personal)


def save(
    database: Database,
    stated: Sequence[Stated],
    actor: str,
    reason: str | None,
    now: datetime,
    checks: Checks = UNCHECKED,
) -> Saved:
    """Keep a change set as one revision, all or nothing, after a look at what it would do.

    Errors:  Malformed, NotFound, Conflict, each naming record and field; ToConfirm for what a person has
             to confirm; nothing is changed then.
    """
    if len(stated) > DIRECT_CHANGES_MAX:
        raise malformed("changes", "too_many", f"{len(stated)} changes are too many at once.", "Send them as NDJSON.")
    places = {(one.kind, one.code): f"changes[{index}]." for index, one in enumerate(stated)} if len(stated) > 1 else {}
    ready = read_all(stated, Zones(snapshot(database)))
    return kept(database, ready, actor, reason, now, checks=checks, places=places)


def read_all(stated: Sequence[Stated], zones: Zones) -> list[Ready]:
    """Stated changes as they will be kept, price lists first.

    Errors:  Malformed with the faults of all of them.
    """
    ready: list[Ready] = []
    faults: list[Fault] = []
    many = len(stated) > 1
    # Price lists first: what they say of zones counts for the prices beside them.
    for index, one in sorted(enumerate(stated), key=lambda place: place[1].kind != "price-lists"):
        try:
            ready.append(read(one, zones))
        except Malformed as error:
            prefix = f"changes[{index}]." if many else ""
            faults += [Fault(prefix + fault.field, fault.code, fault.text, fault.remedy) for fault in error.faults]
    if faults:
        code = faults[0].code if len({fault.code for fault in faults}) == 1 else "invalid"
        raise Malformed(code, " ".join(fault.text for fault in faults[:5]), tuple(faults))
    return ready


@dataclass(frozen=True, slots=True)
class Read:
    """A fact as it is answered: its plain values, and the revisions between which it holds."""

    said: dict[str, Any]
    revision: int


def get(database: Database, kind: str, code: str, known_at: int | datetime | None = None, *, full: bool = True) -> Read:
    """The fact under a code, as known now or then; only what may be seen without `full`.

    Errors:  NotFound.
    """
    book = snapshot(database, known_at)
    found = version(book, kind, code)
    read = read_out(book, found, full=full) if found is not None else _ready_made(kind, code)
    if read is None:
        text = f"There is no {code!r} in {kind}."
        raise NotFound("not_found", text, (Fault("code", "not_found", text, f"List {kind} to see what is there."),))
    return read


def _ready_made(kind: str, code: str) -> Read | None:
    """A scheme that is there without being stated: one to start an own one from."""
    if kind != "schemes" or code not in READY_SCHEMES:
        return None
    return Read(plain_fact(READY_SCHEMES[code]) | {"revision": 0, "since": 0, "until": None}, 0)


def exists(database: Database, kind: str, code: str) -> bool:
    """Whether there is a fact under a code now."""
    return version(snapshot(database), kind, code) is not None


def read_out(book: Snapshot, found: Version, *, full: bool) -> Read | None:
    """A fact as it is answered; None for a rule that is seen only with `full`."""
    fact = found.fact
    if not full:
        if isinstance(fact, Rule) and not _is_open(fact):
            return None
        if isinstance(fact, Item):
            fact = replace(fact, cost=None, cost_currency=None)
    said = plain_fact(fact)
    if found.kind == "customers":
        person = people.person_of(book.reading.connection, found.code)
        if person is not None:
            said |= {name: value for name in sorted(PERSON_FIELDS) if (value := getattr(person, name)) is not None}
    return Read(said | {"revision": found.since, "since": found.since, "until": found.until}, found.since)


def _is_open(rule: Rule) -> bool:
    """Whether a rule may be seen by whoever may not see costs, limits and drafts."""
    by_cost = rule.basis == "cost" or (rule.formula is not None and rule.formula.basis == "cost")
    return rule.status == "active" and rule.action != "limit" and not by_cost


def listed(
    book: Snapshot, kind: str, after: str, filters: dict[str, str], bounds: tuple[int, int], *, full: bool = True
) -> tuple[list[dict[str, Any]], str | None]:
    """A page of the facts of a kind from behind a cursor on, filtered by their fields; and the next cursor.

    A filter that names another fact is answered by the index of references, whatever the book's size.
    `bounds` are how many facts are answered, and how many are looked at for it.
    """
    limit, looked_at_max = bounds
    page: list[dict[str, Any]] = []
    last: str | None = None
    for looked_at, (cursor, found) in enumerate(versions(book, kind, after, _within(filters))):
        if looked_at == looked_at_max:
            return page, last
        read = read_out(book, found, full=full)
        if read is not None and all(_matches(read.said.get(name), wanted) for name, wanted in filters.items()):
            if len(page) == limit:
                return page, last
            page.append(read.said)
        last = cursor
    if kind == "schemes" and not after and not filters and len(page) + len(READY_SCHEMES) <= limit:
        stated = {said["code"] for said in page}
        ready = [_ready_made(kind, code) for code in READY_SCHEMES if code not in stated]
        page += [read.said for read in ready if read is not None]
    return page, None


def is_by_reference(filters: dict[str, str]) -> bool:
    """Whether a list with these filters is read from the index of references; its cursor is a number then."""
    return _within(filters) is not None


def _within(filters: dict[str, str]) -> tuple[str, str] | None:
    for field, target in SELECTIVE_FIELDS:
        if field in filters:
            return target, filters[field]
    return None


def _matches(value: Any, wanted: str) -> bool:
    if isinstance(value, list):
        return any(_matches(member, wanted) for member in value)
    if isinstance(value, dict):
        return any(_matches(member, wanted) for member in value.values())
    return value is not None and str(value) == wanted
