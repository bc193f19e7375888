"""The one door into the book: revisions, conflicts, references, and what nobody may see too early."""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from listino.core.errors import Conflict, Malformed, NotFound
from listino.core.facts import Brand, Customer, CustomerGroup, Fact, Item, ItemGroup, PriceList
from listino.db.book import Change, commit
from listino.db.engine import Database
from listino.db.refusals import RULES_PER_KEY_MAX
from listino.db.snapshot import Version, snapshot, under, version
from tests.books import NOW, Books, changed, ended, put
from tests.core.lines import price

HAMMER = Item(code="hammer")


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Books:
    return Books(tmp_path_factory.mktemp("book"))


@pytest.fixture
def database(books: Books) -> Iterator[Database]:
    with books.opened() as database:
        yield database


def rows(database: Database, sql: str) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = database.read().connection.execute(sql).fetchall()
    return found


def all_rows(database: Database) -> list[list[tuple[Any, ...]]]:
    """All that a refused commit must leave as it was."""
    tables = ("book", "change_set", "fact", "code_of", "reference", "key_shape")
    return [rows(database, f"SELECT * FROM {table} ORDER BY 1, 2") for table in tables]


def test_each_commit_is_one_revision_whatever_it_holds(database: Database) -> None:
    assert [put(database, HAMMER, Brand(code="b")).revision, put(database, Item(code="saw")).revision] == [1, 2]
    assert rows(database, "SELECT revision, actor, changes FROM change_set ORDER BY revision") == [
        (1, "test", 2), (2, "test", 1),
    ]  # fmt: skip


def test_a_fact_that_stays_as_it_is_makes_no_revision(database: Database) -> None:
    put(database, HAMMER)
    before = all_rows(database)
    assert put(database, HAMMER).changed == 0
    assert all_rows(database) == before


def test_every_version_stays_readable_by_its_revision(database: Database) -> None:
    for name in ("one", "two"):
        put(database, Item(code="hammer", name=name))
    ended(database, HAMMER)
    found = [version(snapshot(database, revision), "items", "hammer") for revision in (0, 1, 2, 3)]
    assert found == [
        None,
        Version("items", "hammer", Item(code="hammer", name="one"), 1, 2),
        Version("items", "hammer", Item(code="hammer", name="two"), 2, 3),
        None,
    ]


def test_a_rule_whose_scope_changes_is_found_under_its_new_key_alone(database: Database) -> None:
    put(database, HAMMER, Item(code="saw"), price("r", "1", item="hammer"))
    put(database, price("r", "1", item="saw"))
    for revision, keys in ((1, ["Ihammer"]), (2, ["Isaw"])):
        assert list(under(snapshot(database, revision), ["Ihammer", "Isaw"])) == keys


REFUSED: list[Any] = [
    pytest.param([Change("items", "hammer", HAMMER, 7)], Conflict, "conflict", id="another version was read"),
    pytest.param([Change("items", "new", Item(code="new"), 1)], Conflict, "conflict", id="what was read is gone"),
    pytest.param([Change("items", "hammer", Item(code="hammer", name="x"), 0)], Conflict, "conflict", id="it is there"),
    pytest.param([Change("items", "nothing", None)], NotFound, "not_found", id="nothing to be ended"),
    pytest.param([Change("item-groups", "tools", None)], Conflict, "in_use", id="what others name"),
    pytest.param([Change("items", "saw", Item(code="saw", brand="b"))], Malformed, "unknown_reference", id="no brand"),
    pytest.param([Change("items", "saw", Item(code="saw")), Change("rules", "r", price("r", "1", item="axe"))],
                 Malformed, "unknown_reference", id="the second of two"),
    pytest.param([Change("items", "hammer", HAMMER), Change("items", "hammer", Item(code="hammer", name="x"))],
                 Malformed, "twice", id="one record changed twice"),
    pytest.param([Change("item-groups", "tools", None), Change("item-groups", "tools", ItemGroup(code="tools"))],
                 Malformed, "twice", id="one record ended and stated"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "error", "code"), REFUSED)
def test_a_refused_change_set_leaves_nothing(
    database: Database, changes: list[Change], error: type[Conflict | NotFound | Malformed], code: str
) -> None:
    put(database, ItemGroup(code="tools"), Item(code="hammer", item_groups=("tools",)))
    before = all_rows(database)
    with pytest.raises(error) as refusal:
        changed(database, changes)
    assert refusal.value.code == code
    assert all_rows(database) == before


def test_a_conflict_shows_both_versions(database: Database) -> None:
    put(database, Item(code="hammer", name="theirs"))
    with pytest.raises(Conflict) as refusal:
        changed(database, [Change("items", "hammer", Item(code="hammer", name="mine"), 0)])
    assert '"theirs"' in refusal.value.detail
    assert '"mine"' in refusal.value.detail


def test_facts_that_name_each_other_come_in_one_change_set_in_any_order(database: Database) -> None:
    facts: list[Fact] = [price("r", "1", customer="c", list="l"), Customer(code="c", customer_groups=("g",))]
    put(database, *facts, CustomerGroup(code="g"), PriceList(code="l"))
    assert snapshot(database).revision == 1


def test_what_named_a_fact_and_names_it_no_more_does_not_hold_it(database: Database) -> None:
    put(database, Brand(code="b"), Item(code="hammer", brand="b"))
    put(database, HAMMER)
    assert ended(database, Brand(code="b")).changed == 1


def test_a_scope_holds_so_many_rules_and_no_more(database: Database) -> None:
    put(database, HAMMER, *(price(f"r{number}", "1", item="hammer") for number in range(RULES_PER_KEY_MAX)))
    with pytest.raises(Malformed) as refusal:
        put(database, price("more", "1", item="hammer"))
    assert refusal.value.code == "key_full"
    assert put(database, price("r0", "2", item="hammer")).changed == 1


def test_shapes_are_counted_as_rules_come_change_and_go(database: Database) -> None:
    put(database, HAMMER, Brand(code="b"), price("a", "1", item="hammer"), price("b", "1", item="hammer"))
    put(database, price("b", "1", brand="b"))
    assert rows(database, "SELECT shape, rules FROM key_shape ORDER BY shape") == [("B", 1), ("I", 1)]
    ended(database, price("a", "1"))
    assert snapshot(database).shapes == ("B",)


def test_a_write_that_fails_takes_none_of_its_neighbours_along(database: Database) -> None:
    def written(fact: Fact) -> Any:
        return lambda tx: commit(tx, [Change("items", fact.code, fact)], "test", None, NOW)

    first = database.submit(written(HAMMER))
    broken = database.submit(written(Item(code="axe", brand="none")))
    last = database.submit(written(Item(code="saw")))
    assert first.result(10).changed == 1
    with pytest.raises(Malformed):
        broken.result(10)
    assert last.result(10).changed == 1
    assert [code for (code,) in rows(database, "SELECT code FROM fact ORDER BY code")] == ["hammer", "saw"]


def test_an_instant_means_the_last_revision_committed_by_then(database: Database) -> None:
    for day in (1, 3):
        at = datetime(2026, 1, day, tzinfo=UTC)
        changes = [Change("items", "hammer", Item(code="hammer", name=str(day)))]
        database.write(partial(commit, changes=changes, actor="test", reason=None, now=at))
    found = [snapshot(database, datetime(2026, 1, day, tzinfo=UTC)).revision for day in (1, 2, 3)]
    assert found == [1, 1, 2]
