"""What every connector must keep: tests that its own test inherits, with a few words about its ERP."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import ClassVar, Protocol, TypeVar

from listino.core.errors import ErpSaidNo, OutcomeUnknown, Unavailable
from listino.ports import Duplicates, Erp, ErpOrder, News, OrderToPlace
from listino.testing.sample_order import WANTED_ON, WORDS, sample_order

# How much later than the declared deadline a call may end: the machine that runs the tests is busy too.
LATE_S_MAX = 5.0
LINES = 40

Error = TypeVar("Error", bound=Exception)


class Rig(Protocol):
    """An ERP under test, as the connector's test sets it up: clean, running, with the items and the customer in it.

    Shapes:  items: two or more codes that it knows; each test may take any order numbers, so orders of earlier
             tests are gone or the `prefix` of numbers is new each time.
    """

    @property
    def erp(self) -> Erp:
        """The connector."""
        ...

    @property
    def items(self) -> tuple[str, ...]:
        """Codes of items that the ERP knows."""
        ...

    @property
    def customer(self) -> str:
        """The code of a customer that it knows."""
        ...

    @property
    def prefix(self) -> str:
        """What the numbers of this test's orders begin with."""
        ...

    def dead(self) -> Erp:
        """The same connector, pointed at a host or file where nobody answers."""
        ...

    def documents(self, key: str) -> Sequence[str]:
        """Each document under a key as text: all that the ERP holds of it, read around the connector."""
        ...

    def change_item(self) -> str:
        """Change an item (or make one) in the ERP by its own means; its code."""
        ...


class ErpContract:
    """Inherit it in the test of a connector, and give it the fixture `rig` (see Rig):

        class TestAcme(ErpContract):
            NOT_CARRIED = {"ship_to.street2": "Acme's addresses have one line."}

            @pytest.fixture
            def rig(self, tmp_path: Path) -> Rig: ...

    Each word of `sample_order.WORDS` must be found in the document, but for those named in NOT_CARRIED with
    the reason. An ERP that cannot search (class C) is looked into by `rig.documents` alone.
    """

    NOT_CARRIED: ClassVar[dict[str, str]] = {}
    UNIT: str | None = None
    UNKNOWN_ITEM = "no-such-item"

    def test_it_declares_what_a_worker_must_know(self, rig: Rig) -> None:
        """A name, a class, and times that end."""
        traits = rig.erp.traits
        assert traits.name, "traits.name is empty: people read it."
        assert isinstance(traits.duplicates, Duplicates), "traits.duplicates is a class: Duplicates.PREVENTED, ..."
        assert 0 < traits.deadline.total_seconds() <= 600, "traits.deadline: above 0, at most 10 minutes."
        assert traits.settling.total_seconds() >= 0, "traits.settling is not negative."
        assert traits.calls_per_minute > 0, "traits.calls_per_minute is above 0."

    def test_nothing_is_found_under_a_key_that_never_came(self, rig: Rig) -> None:
        """find_order tells none from one."""
        if rig.erp.traits.duplicates is not Duplicates.BY_HAND:
            assert rig.erp.find_order(self._order(rig, "never").key) == (), "No order has this key."

    def test_an_order_is_placed_and_found_with_equal_totals(self, rig: Rig) -> None:
        """What place_order answers is what stands there, to the cent."""
        order = self._order(rig, "totals")
        placed = rig.erp.place_order(order)
        assert placed.key == order.key, "place_order answers under our key."
        assert placed.number, "place_order answers the order's number in the ERP."
        assert len(rig.documents(order.key)) == 1, "One order makes one document."
        if rig.erp.traits.duplicates is not Duplicates.BY_HAND:
            _found_alike(rig.erp.find_order(order.key), order, placed.number)

    def test_every_field_is_carried(self, rig: Rig) -> None:
        """Addresses, contacts, payment, shipping, notes, reference, wanted date: a person finds each of them."""
        order = self._order(rig, "fields")
        rig.erp.place_order(order)
        (text,) = rig.documents(order.key)
        text = " ".join(text.split())
        lost = [field for field, word in WORDS.items() if word not in text and field not in self.NOT_CARRIED]
        dates = {WANTED_ON.isoformat(), f"{WANTED_ON:%Y%m%d}", f"{WANTED_ON:%d.%m.%Y}", f"{WANTED_ON:%d/%m/%Y}"}
        if "wanted_on" not in self.NOT_CARRIED and not any(form in text for form in dates):
            lost.append("wanted_on")
        lost += [line.item for line in order.lines if line.item not in text]
        assert lost == [], f"Not in the document: {', '.join(lost)}. Carry them, or name them in NOT_CARRIED. {text}"

    def test_the_declared_class_is_true(self, rig: Rig) -> None:
        """A: a second order under the same key is refused or answered with the first. B: it is found by key."""
        order = self._order(rig, "twice")
        first = rig.erp.place_order(order)
        if rig.erp.traits.duplicates is Duplicates.PREVENTED:
            try:
                again = rig.erp.place_order(order)
            except ErpSaidNo:
                again = first
            assert again.number == first.number, "Class A answers a repeated key with the document that stands there."
            assert len(rig.documents(order.key)) == 1, "Class A holds one document per key; this one holds more."
        if rig.erp.traits.duplicates is not Duplicates.BY_HAND:
            found = [one.number for one in rig.erp.find_order(order.key)]
            assert found == [first.number], "Classes A and B find an order by its key, right after it was placed."

    def test_orders_with_like_keys_are_told_apart(self, rig: Rig) -> None:
        """A key is compared whole: no prefix, no case, no padding."""
        if rig.erp.traits.duplicates is Duplicates.BY_HAND:
            return
        order = self._order(rig, "alike-1")
        rig.erp.place_order(order)
        for other in ("alike-", "alike-11", "ALIKE-1", "alike_1", "alike-%"):
            key = self._order(rig, other).key
            assert rig.erp.find_order(key) == (), f"{key!r} is not {order.key!r}."

    def test_one_unknown_item_of_forty_refuses_the_whole_order(self, rig: Rig) -> None:
        """All or nothing, and with words that a person can act on."""
        items = tuple(rig.items[place % len(rig.items)] for place in range(LINES - 1))
        order = self._order(rig, "unknown", (*items[:20], self.UNKNOWN_ITEM, *items[20:]))
        error = raised(ErpSaidNo, lambda: rig.erp.place_order(order))
        assert error.code, "ErpSaidNo carries a short, stable code."
        assert self.UNKNOWN_ITEM in error.detail, f"The text names the item that is not known: {error.detail!r}"
        assert list(rig.documents(order.key)) == [], "Nothing of a refused order is written."

    def test_an_order_of_forty_lines_keeps_them_all(self, rig: Rig) -> None:
        """Lines are not lost, merged or reordered into other totals."""
        items = tuple(rig.items[place % len(rig.items)] for place in range(LINES))
        order = self._order(rig, "forty", items)
        placed = rig.erp.place_order(order)
        if rig.erp.traits.duplicates is not Duplicates.BY_HAND:
            _found_alike(rig.erp.find_order(order.key), order, placed.number)

    def test_words_of_other_alphabets_and_signs_arrive(self, rig: Rig) -> None:
        """Quotes, semicolons and letters beyond ASCII are text, never code."""
        plain = self._order(rig, "signs")
        notes = 'È già l\'ora; "ok" -- 100 % <b>&amp;</b> Ünïcode'
        order = replace(plain, order=replace(plain.order, notes=notes))
        rig.erp.place_order(order)
        (text,) = rig.documents(order.key)
        assert "notes" in self.NOT_CARRIED or notes in " ".join(text.split()), f"The note is not in: {text}"

    def test_a_dead_host_is_told_as_unavailable_in_time(self, rig: Rig) -> None:
        """Nothing went out: surely not done, by the declared deadline."""
        dead = rig.dead()
        order = self._order(rig, "dead")
        calls: list[Callable[[], object]] = [lambda: dead.place_order(order), lambda: list(dead.news(None))]
        if dead.traits.duplicates is not Duplicates.BY_HAND:
            calls.append(lambda: dead.find_order(order.key))
        for call in calls:
            began_s = time.monotonic()
            raised(Unavailable, call)
            took_s = time.monotonic() - began_s
            assert took_s <= dead.traits.deadline.total_seconds() + LATE_S_MAX, f"It took {took_s:.1f} s to give up."
        assert list(rig.documents(order.key)) == [], "Nothing was written."

    def test_news_come_whole_at_first_and_then_as_changes(self, rig: Rig) -> None:
        """Without a cursor all items come; with one, what changed since (or all again, marked as complete)."""
        pages = list(rig.erp.news(None))
        assert pages, "The first call gives at least one page."
        assert pages[-1].complete, "All that there is is marked as complete."
        names = _named(pages)
        assert {("items", item) for item in rig.items} <= names, "Every item of the rig is in the news."
        changed = ("items", rig.change_item())
        later = list(rig.erp.news(pages[-1].cursor))
        assert changed in _named(later), f"The change of {changed[1]!r} is in the news that follow."
        if not any(page.complete for page in later):
            untouched = {("items", item) for item in rig.items} - {changed}
            assert not untouched <= _named(later), "What did not change is not told again, unless as complete."

    def test_the_states_of_orders_name_ours_alone(self, rig: Rig) -> None:
        """An order that was placed is among the states, under our key."""
        order = self._order(rig, "states")
        rig.erp.place_order(order)
        pages = list(rig.erp.order_states(None))
        told = [one.key for page in pages for one in page.orders]
        assert told.count(order.key) <= 1, "One order has one state."
        assert all("/" in key for key in told), "States come under our keys, store/number."
        cursor = pages[-1].cursor if pages else None
        if cursor is not None:
            again = [one.key for page in rig.erp.order_states(cursor) for one in page.orders]
            assert len(again) <= len(told), "From a cursor on there is no more than from the beginning."

    def _order(self, rig: Rig, number: str, items: tuple[str, ...] | None = None) -> OrderToPlace:
        order = sample_order(f"{rig.prefix}{number}", rig.customer, items or rig.items[:2], unit=self.UNIT)
        now = datetime.now(UTC)
        return replace(order, taken_at=now, order=replace(order.order, ordered_at=now))


def raised(kind: type[Error], call: Callable[[], object]) -> Error:
    """The error that a call must end with."""
    try:
        answer = call()
    except kind as error:
        return error
    except (Unavailable, OutcomeUnknown, ErpSaidNo) as error:
        raise AssertionError(f"{kind.__name__} is expected here, not {type(error).__name__}: {error}") from error
    raise AssertionError(f"{kind.__name__} is expected here; it answered {answer!r}")


def _found_alike(found: tuple[ErpOrder, ...], order: OrderToPlace, number: str) -> None:
    assert [one.number for one in found] == [number], "find_order finds the document that place_order answered."
    assert (found[0].net, found[0].gross) == (order.net, order.gross), "The ERP's totals are those of the order."


def _named(pages: list[News]) -> set[tuple[str, str]]:
    return {(record.kind, record.code) for page in pages for record in page.records}
