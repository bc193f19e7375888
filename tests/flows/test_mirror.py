"""The book follows a management system: what is new comes, what is gone ends, what cannot be followed is listed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from listino.core.errors import Unavailable
from listino.flows.ending import Guard
from listino.flows.facts import Stated, save
from listino.flows.mirror import Mirrored, mirrored
from listino.flows.mirror_state import sources_of
from listino.ports import Duplicates, Erp, ErpOrder, News, OrderStates, OrderToPlace, Record, Traits, Untranslated
from tests.shop import NOW, House, opened


class Teller:
    """A management system that tells the pages that a test gave it, and then fails where the test says so."""

    traits = Traits(name="teller", duplicates=Duplicates.BY_HAND)

    def __init__(self, *pages: News, fails: bool = False) -> None:
        self.pages, self.fails = pages, fails
        self.asked: list[str | None] = []

    def news(self, since: str | None) -> Iterator[News]:
        self.asked.append(since)
        yield from self.pages
        if self.fails:
            raise Unavailable("The line went dead.")

    def find_order(self, key: str) -> tuple[ErpOrder, ...]:
        raise NotImplementedError(key)

    def place_order(self, order: OrderToPlace) -> ErpOrder:
        raise NotImplementedError(order)

    def order_states(self, since: str | None) -> Iterator[OrderStates]:
        raise NotImplementedError(since)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with opened(tmp_path, company=False) as made:
        save(made.database, [Stated("taxes", "it", {"percent": "22"})], "test", None, NOW)
        yield made


def item(code: str, **said: Any) -> Record:
    return Record("items", code, said)


def price(code: str, value: str, **said: Any) -> Record:
    return Record("rules", f"p-{code}", {"action": "price", "list": "base", "item": code, "value": value} | said)


def told(house: House, *pages: News, full: bool = False, confirmed: bool = False) -> Mirrored:
    return mirrored(house.database, Teller(*pages), "erp", house.clock, full=full, guard=Guard(confirmed=confirmed))


def all_of(*records: Record, cursor: str | None = "1") -> News:
    return News(records, cursor, complete=True)


def net(house: House, code: str) -> Any:
    return house.price(code).get("net_price")


def problems(house: House) -> list[tuple[str, str, str, str]]:
    (source,) = sources_of(house.database, NOW)
    return [(one.kind, one.code, one.reason, one.text) for one in source.problems]


def test_what_is_told_in_any_order_over_any_pages_comes_as_one_revision(house: House) -> None:
    before = house.database.read().revision
    done = told(house, News((price("a", "5"), price("b", "7")), None), all_of(item("b"), item("a"), cursor="42"))
    assert done == Mirrored(True, before + 1, 4, 4, 0, 0, {})
    assert (net(house, "a"), net(house, "b")) == ("5.00", "7.00")
    (source,) = sources_of(house.database, NOW)
    assert (source.cursor, source.held, source.failure) == ("42", {"items": 2, "rules": 2}, None)


def test_the_next_run_asks_from_the_cursor_and_brings_only_what_changed(house: House) -> None:
    told(house, all_of(item("a"), price("a", "5"), cursor="7"))
    teller = Teller(News((price("a", "6"), item("a")), "8"))
    done = mirrored(house.database, teller, "erp", house.clock)
    assert (teller.asked, done.changed, net(house, "a")) == (["7"], 1, "6.00")
    again = mirrored(house.database, Teller(News((price("a", "6"),), "8")), "erp", house.clock)
    assert (again.changed, again.revision) == (0, done.revision)


def test_a_full_comparison_ends_what_came_and_is_gone_and_nothing_of_ours(house: House) -> None:
    save(house.database, [Stated("items", "ours", {})], "test", None, NOW)
    told(house, all_of(*[item(f"i{n}") for n in range(10)], price("i1", "5")))
    done = told(house, all_of(*[item(f"i{n}") for n in range(9)], price("i1", "5")), full=True)
    assert (done.changed, done.ended) == (1, 1)
    assert [house.get(f"/v1/items/{code}").status for code in ("i8", "i9", "ours")] == [200, 404, 200]


def test_an_empty_answer_deletes_nothing_until_a_person_confirms(house: House) -> None:
    told(house, all_of(*[item(f"i{n}") for n in range(30)]))
    done = told(house, all_of(item("i0")), full=True)
    assert (done.changed, done.ended, done.to_confirm) == (0, 0, {"items": {"ends": 29, "of": 30}})
    assert house.get("/v1/items/i29").status == 200
    (source,) = sources_of(house.database, NOW)
    assert source.to_confirm == {"items": {"ends": 29, "of": 30}}
    done = told(house, all_of(item("i0")), full=True, confirmed=True)
    assert (done.changed, done.ended, done.to_confirm) == (29, 29, {})
    assert [house.get(f"/v1/items/i{n}").status for n in (0, 1, 29)] == [200, 404, 404]
    assert sources_of(house.database, NOW)[0].held == {"items": 1}


def test_what_the_book_refuses_is_listed_and_stops_nothing_else(house: House) -> None:
    done = told(
        house,
        all_of(item("a"), price("a", "5"), price("b", "7"), item("c", color="red"), Record("gizmos", "x", {})),
    )
    assert (done.changed, done.problems, net(house, "a")) == (2, 3, "5.00")
    assert [one[:3] for one in problems(house)] == [
        ("gizmos", "x", "unknown_kind"), ("items", "c", "unknown_field"), ("rules", "p-b", "unknown_reference"),
    ]  # fmt: skip


def test_what_was_refused_is_tried_again_without_being_told_again(house: House) -> None:
    told(house, all_of(item("a"), price("b", "7")))
    assert [one[:3] for one in problems(house)] == [("rules", "p-b", "unknown_reference")]
    done = told(house, News((item("b"),), "2"))
    assert (done.changed, done.problems, net(house, "b")) == (2, 0, "7.00")
    assert problems(house) == []


def test_what_is_not_translated_ends_here_and_is_listed_until_it_is(house: House) -> None:
    told(house, all_of(item("a"), price("a", "5")))
    told(house, News((), "2", (Untranslated("rules", "p-a", "Its formula is beyond us.", "Simplify it."),)))
    assert problems(house) == [("rules", "p-a", "untranslated", "Its formula is beyond us.")]
    assert house.price("a")["outcome"] == "no_price"
    told(house, News((price("a", "5"),), "3"))
    assert (problems(house), net(house, "a")) == ([], "5.00")


def test_a_mapping_that_translates_nothing_any_more_deletes_nothing(house: House) -> None:
    told(house, all_of(*[item(f"i{n}") for n in range(30)]))
    broken = tuple(Untranslated("items", f"i{n}", "UM: 'PZ' is not in its map.") for n in range(30))
    for page in (News((), "2", broken), News((), "2", broken, complete=True)):
        done = told(house, page)
        assert (done.ended, done.problems, done.to_confirm) == (0, 30, {"items": {"ends": 30, "of": 30}})
    assert house.get("/v1/items/i29").status == 200
    done = told(house, all_of(*[item(f"i{n}") for n in range(30)]), full=True)
    assert (done.changed, done.problems, done.to_confirm) == (0, 0, {})


def test_what_ends_and_is_still_used_stays_until_it_is_not(house: House) -> None:
    told(house, all_of(item("a"), item("b"), cursor="1"))
    ours = {"action": "price", "list": "base", "item": "a", "value": "9"}
    save(house.database, [Stated("rules", "ours", ours)], "test", None, NOW)
    done = told(house, News((Record("items", "a", None), Record("items", "b", None)), "2"))
    assert (done.ended, done.problems) == (1, 1)
    assert problems(house)[0][:3] == ("items", "a", "in_use")
    assert [house.get(f"/v1/items/{code}").status for code in "ab"] == [200, 404]
    save(house.database, [Stated("rules", "ours", None)], "test", None, NOW)
    done = told(house, News((), "3"))
    assert (done.ended, done.problems, house.get("/v1/items/a").status) == (1, 0, 404)


def test_an_end_that_a_refused_change_still_needs_stops_nothing_else(house: House) -> None:
    told(house, all_of(item("a"), item("b"), price("a", "5")))
    wrong = price("a", "6", item="b", nonsense="x")
    done = told(house, News((Record("items", "a", None), wrong, item("c")), "2"))
    assert (done.changed, done.problems, net(house, "a")) == (1, 2, "5.00")
    assert [one[:3] for one in problems(house)] == [("items", "a", "in_use"), ("rules", "p-a", "unknown_field")]


def test_what_is_told_twice_counts_as_it_was_told_last(house: House) -> None:
    first = News((item("a"), price("a", "5"), item("b")), None)
    told(house, first, all_of(price("a", "6"), Record("items", "b", None)))
    assert (net(house, "a"), house.get("/v1/items/b").status) == ("6.00", 404)


def test_a_run_that_dies_leaves_the_cursor_and_the_next_one_brings_all(house: House) -> None:
    told(house, all_of(item("a"), cursor="1"))
    broken: Erp = Teller(News((item("b"), price("a", "5")), "2"), fails=True)
    with pytest.raises(Unavailable):
        mirrored(house.database, broken, "erp", house.clock)
    (source,) = sources_of(house.database, NOW)
    assert (source.cursor, source.failure, house.get("/v1/items/b").status) == ("1", "The line went dead.", 404)
    done = told(house, News((item("b"), price("a", "5")), "2"))
    assert (done.changed, net(house, "a")) == (2, "5.00")


def test_one_run_at_a_time(house: House) -> None:
    class Nested(Teller):
        def news(self, since: str | None) -> Iterator[News]:
            with pytest.raises(Unavailable, match="is being read"):
                told(house, all_of(item("b")))
            yield from super().news(since)

    mirrored(house.database, Nested(all_of(item("a"))), "erp", house.clock)
    assert [house.get(f"/v1/items/{code}").status for code in "ab"] == [200, 404]


def test_a_full_comparison_undoes_what_was_changed_by_hand(house: House) -> None:
    told(house, all_of(item("a"), price("a", "5")))
    by_hand = {"action": "price", "list": "base", "item": "a", "value": "9"}
    save(house.database, [Stated("rules", "p-a", by_hand)], "test", None, NOW)
    assert (told(house, News((), "2")).changed, net(house, "a")) == (0, "9.00")
    assert (told(house, all_of(item("a"), price("a", "5")), full=True).changed, net(house, "a")) == (1, "5.00")


def test_stock_goes_into_the_ledger_and_makes_no_revision(house: House) -> None:
    told(house, all_of(item("a"), Record("stock", "a", {"on_hand": "12", "warehouse": "main"})))
    before = house.database.read().revision
    done = told(house, News((Record("stock", "a", {"on_hand": "9"}), Record("stock", "z", {"on_hand": "1"})), "2"))
    assert (done.revision, house.get("/v1/stock/a").json()["available"]) == (before, "9")
    assert [one[:3] for one in problems(house)] == [("stock", "z / main", "unknown_reference")]
    done = told(house, News((item("z"),), "3"))
    assert (done.problems, house.get("/v1/stock/z").json()["available"]) == (0, "1")


def test_people_come_with_their_customers(house: House) -> None:
    rossi = {"country": "IT", "name": "Mario Rossi", "mail": "m@rossi.example"}
    told(house, all_of(Record("customers", "rossi", rossi)))
    told(house, News((Record("customers", "rossi", rossi | {"mail": "new@r.example"}),), "2"))
    said = house.get("/v1/customers/rossi").json()
    assert (said["name"], said["mail"]) == ("Mario Rossi", "new@r.example")


def test_many_thousand_records_come_as_one_revision_too(house: House) -> None:
    before = house.database.read().revision
    codes = [f"i{n}" for n in range(3_000)]
    pages = [News(tuple(price(code, "5") for code in codes[at : at + 500]), None) for at in range(0, 3_000, 500)]
    done = told(house, *pages, all_of(*map(item, codes), price("nowhere", "5")))
    assert (done.revision, done.changed, done.problems, net(house, "i2999")) == (before + 1, 6_000, 1, "5.00")
    assert told(house, *pages, all_of(*map(item, codes), price("nowhere", "5")), full=True).changed == 0
