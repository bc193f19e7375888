"""A catalogue is in the order of the very prices that the item page tells, whatever was changed and whoever asks."""

import random
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from listino.core.errors import Gone, Refused
from listino.core.explain import text_in
from listino.core.facts import KIND_OF, Channel, Fact, Item, PriceList
from listino.core.question import NoPrice
from listino.core.words import folded
from listino.db.book import Change, commit
from listino.db.engine import Database
from listino.db.snapshot import Snapshot, snapshot, versions
from listino.flows import catalogue as catalogues
from listino.flows import standings
from listino.flows.catalogue import READ_ON, Catalogue, Page
from listino.flows.catalogue_order import Look, Wanted
from listino.flows.price import Asked, price
from tests.books import Books
from tests.world_rules import rules, world
from tests.worlds import NOW

ASKERS = (("C1", "web", None), ("C2", "web", None), (None, "web", None), ("C2", None, "EUR"), (None, None, "USD"))
MORE = ("I4", "I5", "I6", "I7", "I8")


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Books:
    return Books(tmp_path_factory.mktemp("catalogue"))


def a_world(chance: random.Random) -> list[Fact]:
    """A company with some more items, lists that hide prices, and a channel that shows them one way or another."""
    facts: list[Fact] = []
    for fact in world(chance):
        if isinstance(fact, PriceList):
            fact = replace(fact, visibility=chance.choice(("shown", "shown", "hidden", "on_request")))
        if isinstance(fact, Channel):
            fact = replace(fact, shows=chance.choice(("net", "gross", "both")))
        facts.append(fact)
    originals = [fact for fact in facts if isinstance(fact, Item)]
    for code in MORE:
        like = chance.choice(originals)
        facts.append(replace(like, code=code, status=chance.choice(("active", "active", "active", "blocked"))))
    return facts


def shows(book: Snapshot, channel: str | None) -> str:
    found = {code: version.fact for code, version in versions(book, "channels")}.get(channel or "")
    return found.shows if isinstance(found, Channel) else "both"


def expected(book: Snapshot, asked: Asked, sort: str) -> list[tuple[str, Decimal | None]]:
    """The whole list in its order, item by item, from the price of each."""
    rows: list[tuple[Any, str, Decimal | None]] = []
    names: dict[str, str] = {}
    is_gross = shows(book, asked.channel) == "gross"
    for code, found in versions(book, "items"):
        assert isinstance(found.fact, Item)
        names[code] = folded(text_in(found.fact.name, None) or code) if sort.endswith("name") else ""
        answer = price(book, replace(asked, item=code)).price
        if isinstance(answer, NoPrice):
            if answer.reason in {"not_in_assortment", "item_blocked", "item_ended"}:
                continue
            if answer.reason == "no_price" and not price(book, replace(asked, item=code, ladder=True)).ladder:
                continue
            rows.append(((1,), code, None))
            continue
        lists = [part.price_list for part in (answer, *answer.segments) if part.price_list is not None]
        told = {one.visibility for one in lists}
        if "hidden" in told:
            continue
        shown = answer.gross_price if is_gross and answer.gross_price is not None else answer.net_price
        per_one = shown / answer.per
        if "on_request" in told:
            rows.append(((1,), code, None))
        else:
            rows.append(((0, per_one if sort == "price" else -per_one), code, answer.net_price))
    if not sort.endswith("price"):
        rows = [((names[code],), code, amount) for _, code, amount in rows]
    return [(code, amount) for _, code, amount in sorted(rows, reverse=sort in ("-name", "-code"))]


def told(page: Page) -> list[tuple[str, Decimal | None]]:
    """What a page says of its items."""
    rows: list[tuple[str, Decimal | None]] = []
    for row in page.rows:
        answer = row.answered.price
        if isinstance(answer, NoPrice):
            rows.append((row.item.code, None))
        else:
            lists = [part.price_list for part in (answer, *answer.segments) if part.price_list is not None]
            veiled = any(one.visibility == "on_request" for one in lists)
            rows.append((row.item.code, None if veiled else answer.net_price))
    return rows


def some_changes(chance: random.Random, stock: Sequence[Fact]) -> list[Change]:
    """Facts of another such company, or ends of some, as they come."""
    picked = chance.sample(list(stock), k=min(len(stock), chance.choice((1, 1, 1, 2, 5))))
    return [
        Change(KIND_OF[type(fact)], fact.code, None if chance.random() < 0.2 else fact)
        for fact in {(KIND_OF[type(fact)], fact.code): fact for fact in picked}.values()
    ]


def changing(database: Database, chance: random.Random) -> Iterator[datetime]:
    """One change after the other, as far as the book takes it, and the moment of each."""
    at = NOW - timedelta(hours=30)
    for _ in range(12):
        at += timedelta(hours=chance.choice((0, 0, 0, 0.4, 13)))
        other = [*a_world(chance), *rules(chance, 8)]
        with suppress(Refused):
            change(database, some_changes(chance, other), at)
        yield at


def change(database: Database, changes: Sequence[Change], at: datetime) -> None:
    """Commit changes at a moment."""
    database.write(lambda tx: commit(tx, changes, "test", None, at))


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 10**9))
def test_pages_join_to_the_order_of_the_prices_while_everything_changes(books: Books, seed: int) -> None:
    pages_join(books, random.Random(seed), ("price", "-price"))


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 10**9))
def test_pages_by_code_and_name_join_where_no_more_is_priced_than_they_show(books: Books, seed: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(catalogues, "COUNTED_ITEMS_MAX", 0)
        patch.setattr(standings, "AHEAD", 0)
        pages_join(books, random.Random(seed), ("code", "-code", "name", "-name"))


def pages_join(books: Books, chance: random.Random, sorts: Sequence[str]) -> None:
    """Lists are begun and read on while everything changes; each is that of the prices of its first page."""
    with books.opened(*a_world(chance)) as database:
        catalogue = Catalogue(database)
        begun: list[tuple[Wanted, Page, list[tuple[str, Decimal | None]]]] = []
        for at in changing(database, chance):
            customer, channel, currency = chance.choice(ASKERS)
            sort = chance.choice(sorts)
            wanted = Wanted(asked=Asked("", at, customer, channel=channel, currency=currency), sort=sort, limit=3)
            with suppress(Refused):  # There is no such customer or channel any more.
                page = catalogue.page(wanted)
                whole = expected(snapshot(database), wanted.asked, sort)
                assert page.total == len(whole) or (page.total is None and not sort.endswith("price"))
                begun.append((wanted, page, whole))
                assert told(page) == begun[-1][2][:3]
            read_on(catalogue, begun, chance, at)
        while begun:
            read_on(catalogue, begun, chance, at)


def read_on(
    catalogue: Catalogue,
    begun: list[tuple[Wanted, Page, list[tuple[str, Decimal | None]]]],
    chance: random.Random,
    at: datetime,
) -> None:
    """The next page of one of the lists that were begun: as they were then."""
    if not begun:
        return
    wanted, page, rest = begun.pop(chance.randrange(len(begun)))
    rest = rest[len(page.rows) :]
    if page.next is None:
        assert rest == []
        return
    now = min(at, page.next.at + READ_ON)
    onward = replace(wanted, asked=replace(wanted.asked, at=now), after=page.next)
    following = catalogue.page(onward)
    assert told(following) == rest[:3]
    begun.append((wanted, following, rest))


def test_a_list_that_was_begun_elsewhere_is_read_on_as_of_its_revision(books: Books) -> None:
    chance = random.Random(1)
    facts: list[Fact] = [fact for fact in a_world(chance) if not isinstance(fact, PriceList)]
    facts += [PriceList(code=f"L{number}", currency="EUR") for number in (1, 2, 3)]
    with books.opened(*facts) as database:
        wanted = Wanted(asked=Asked("", NOW, None, channel="web"), sort="price", limit=3)
        first, other = Catalogue(database), Catalogue(database)
        whole = expected(snapshot(database), wanted.asked, "price")
        page = first.page(wanted)
        other.page(replace(wanted, look=Look(words=("i8",))))  # It knows the items, and no prices of them yet.
        cheap = [fact for fact in rules(random.Random(4), 30) if fact.action == "price"]
        for rule in cheap[:3]:
            with suppress(Refused):
                change(database, [Change("rules", f"new-{rule.code}", replace(rule, code=f"new-{rule.code}"))], NOW)
        assert snapshot(database).revision > page.book.revision
        onward = replace(wanted, after=page.next)
        assert told(other.page(onward)) == told(first.page(onward)) == whole[3:6]
        assert other.page(onward).book.revision == page.book.revision
        with pytest.raises(Gone):
            Catalogue(database).page(onward)  # A process that has just begun does not know how the items were.
        late = replace(onward, asked=replace(onward.asked, at=NOW + READ_ON + timedelta(seconds=1)))
        with pytest.raises(Gone):
            first.page(late)
