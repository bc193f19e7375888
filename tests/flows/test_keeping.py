"""What was looked at before a change set was kept is still so when it is kept."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from listino.core.errors import Malformed, Unavailable
from listino.core.facts import Item, PriceList
from listino.core.findings import REFUSE, USUAL, WARN, Checks, ToConfirm
from listino.core.rules import Formula, Rule
from listino.db.engine import WRITE_DEADLINE_S, Database
from listino.db.snapshot import snapshot, version
from listino.flows.facts import Stated, save
from listino.flows.keeping import LOOKS_MAX
from tests.books import Books, put

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SAW = {"action": "price", "item": "saw", "value": "20"}


class Between(Database):
    """A database in which something else happens each time between a look and the commit that follows it."""

    def __init__(self, url: str, act: Callable[[int], object]) -> None:
        super().__init__(url)
        self.act, self.commits = act, 0

    def write(self, write: Any, deadline_s: float = WRITE_DEADLINE_S) -> Any:
        """Carry out a write, after what happens before it."""
        self.commits += 1
        self.act(self.commits)
        return super().write(write, deadline_s)


@pytest.fixture
def theirs(tmp_path: Path) -> Iterator[Database]:
    lists = (PriceList(code="a"), PriceList(code="b"))
    old = Rule(code="old", action="price", item="axe", value=Decimal(10))
    with Books(tmp_path).opened(Item(code="saw"), Item(code="axe"), *lists, old) as database:
        yield database


def ours(theirs: Database, act: Callable[[int], object]) -> Between:
    return Between(theirs.url, act)


def once(what: Callable[[], object]) -> Callable[[int], object]:
    return lambda commits: what() if commits == 1 else None


def price(code: str, value: str, item: str = "saw") -> Rule:
    return Rule(code=code, action="price", item=item, value=Decimal(value))


def test_a_price_that_came_between_is_warned_of(theirs: Database) -> None:
    database = ours(theirs, once(lambda: put(theirs, price("theirs", "20"))))
    saved = save(database, [Stated("rules", "ours", dict(SAW))], "test", None, NOW, USUAL)
    assert [(one.check, one.other) for one in saved.findings.kept(WARN)] == [("tie", ("rules", "theirs"))]
    assert (saved.revision, saved.changed, database.commits) == (3, 1, 2)
    database.close()


def test_what_is_refused_is_refused_also_when_it_came_between(theirs: Database) -> None:
    database = ours(theirs, once(lambda: put(theirs, price("theirs", "20"))))
    with pytest.raises(Malformed) as refused:
        save(database, [Stated("rules", "ours", dict(SAW))], "test", None, NOW, Checks(levels={"tie": REFUSE}))
    assert (refused.value.code, database.commits) == ("tie", 1)
    assert version(snapshot(theirs), "rules", "ours") is None
    database.close()


def test_two_halves_of_a_loop_do_not_come_in_side_by_side(theirs: Database) -> None:
    half = Rule(code="a-from-b", action="price", list="a", formula=Formula(list="b"))
    database = ours(theirs, once(lambda: put(theirs, half)))
    other = {"action": "price", "list": "b", "formula": {"list": "a"}}
    with pytest.raises(Malformed) as refused:
        save(database, [Stated("rules", "b-from-a", other)], "test", None, NOW, USUAL)
    assert refused.value.code == "formula_loop"
    assert version(snapshot(theirs), "rules", "b-from-a") is None
    database.close()


def test_a_price_that_moved_between_is_compared_with_what_it_became(theirs: Database) -> None:
    database = ours(theirs, once(lambda: put(theirs, price("old", "5", "axe"))))
    stated = [Stated("rules", "old", {"action": "price", "item": "axe", "value": "11"})]
    with pytest.raises(ToConfirm) as to_confirm:
        save(database, stated, "test", None, NOW, USUAL)
    assert [str(one.amounts.before) for one in to_confirm.value.findings if one.amounts] == ["5"]
    database.close()


def test_a_record_that_came_between_under_the_same_code_is_what_changes(theirs: Database) -> None:
    database = ours(theirs, once(lambda: put(theirs, price("new", "5"), price("other", "1", "axe"))))
    with pytest.raises(ToConfirm):
        save(database, [Stated("rules", "new", {**SAW, "item": "axe"})], "test", None, NOW, USUAL)
    stated = Stated("rules", "new", {**SAW, "item": "axe"}, based_on=0)
    with pytest.raises(Exception, match="is not as it was at revision 0"):
        save(database, [stated], "test", None, NOW, Checks(confirmed=True))
    database.close()


def test_what_others_do_elsewhere_is_not_in_the_way(theirs: Database) -> None:
    database = ours(theirs, lambda commits: put(theirs, price(f"axe{commits}", "20", "axe")))
    assert save(database, [Stated("rules", "ours", dict(SAW))], "test", None, NOW, USUAL).changed == 1
    assert database.commits == 1
    database.close()


def test_whoever_is_always_too_late_is_told_to_come_again(theirs: Database) -> None:
    database = ours(theirs, lambda commits: put(theirs, price("theirs", str(commits))))
    with pytest.raises(Unavailable) as busy:
        save(database, [Stated("rules", "ours", dict(SAW))], "test", None, NOW, USUAL)
    assert (busy.value.code, busy.value.retry_in_s, database.commits) == ("busy", 1, LOOKS_MAX)
    assert version(snapshot(theirs), "rules", "ours") is None
    database.close()
