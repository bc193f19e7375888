"""Both sides hold the same orders, or it is told which do not; after a restore nothing goes before that is known."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from listino.core.errors import Unavailable
from listino.core.reconciliation import REMEDIES, Difference
from listino.db import tasks
from listino.db.engine import Connection
from listino.db.snapshot import stamp
from listino.db.tables_work import ERP_TARGET, RESTORED
from listino.flows.reconcile import Reconciled, Repair, reconciled
from listino.ports import Duplicates
from listino.testing.fake_erp import Trouble
from tests.shift import Shift, on_shift


@pytest.fixture
def shift(tmp_path: Path) -> Iterator[Shift]:
    with on_shift(tmp_path) as found:
        yield found


def compare(shift: Shift, *, repair: bool = False, confirm: bool = False) -> Reconciled:
    return reconciled(shift.house.database, shift.erp, shift.house.clock, repair=Repair(repair, confirm))


def told(outcome: Reconciled) -> list[tuple[str, str, bool]]:
    return [(one.difference.value, one.key, one.repaired) for one in outcome.findings]


def conserved(shift: Shift) -> Any:
    counts = shift.house.get("/v1/conservation").json()
    assert counts["taken"] == sum(counts.values()) - counts["taken"]
    return counts


def test_where_both_sides_agree_there_is_nothing_to_tell(shift: Shift) -> None:
    for number in ("1", "2", "3"):
        shift.placed(number=number)
    shift.placed(number="4", customer="nobody")
    shift.until_idle()
    outcome = compare(shift)
    assert (outcome.compared, outcome.documents, outcome.findings) == (4, 3, ())
    shown = shift.house.get("/v1/reconciliation").json()
    assert (shown["figures"]["orders"], shown["figures"]["missing"], shown["findings"]) == (4, 0, [])


def test_what_is_missing_there_is_listed_and_handed_over_again_when_somebody_says_so(shift: Shift) -> None:
    order_id = shift.placed(number="1")
    shift.until_idle()
    (document,) = shift.held("shop/1")
    shift.erp.documents.forget(document)
    assert told(compare(shift)) == [("missing", "shop/1", False)]
    assert shift.order(order_id)["handover"] == "placed"
    assert told(compare(shift, repair=True)) == [("missing", "shop/1", True)]
    shift.for_a_while(600, every=30)
    assert len(shift.held("shop/1")) == 1
    assert shift.order(order_id)["handover"] == "placed"
    assert told(compare(shift)) == []
    conserved(shift)


def test_a_second_document_and_another_amount_are_told_and_left_to_a_person(shift: Shift) -> None:
    shift.placed(number="1")
    shift.placed(number="2", customer="bianchi")
    shift.until_idle()
    (first,) = shift.held("shop/1")
    (second,) = shift.held("shop/2")
    shift.erp.documents.place(first.order, shift.house.clock.at)
    shift.erp.documents.forget(second)
    (line,) = second.order.lines
    dearer = replace(second.order, lines=(replace(line, gross=line.gross + Decimal("0.02")),))
    shift.erp.documents.place(dearer, shift.house.clock.at)
    assert told(compare(shift, repair=True)) == [("double", "shop/1", False), ("different", "shop/2", False)]
    findings = shift.house.get("/v1/reconciliation").json()["findings"]
    assert [one["remedy"] for one in findings] == [
        "Cancel in the ERP all but one of the documents.",
        "Compare the lines of both and correct the document in the ERP.",
    ]


def test_an_order_that_stands_there_unknown_to_us_is_marked_or_named(shift: Shift) -> None:
    order_id = shift.placed(number="1", customer="nobody")
    shift.placed(number="2")
    shift.until_idle()
    (document,) = shift.held("shop/2")
    for number in ("1", "99"):
        key = f"shop/{number}"
        shift.erp.documents.place(replace(document.order, key=key, id=f"x{number}"), shift.house.clock.at)
    outcome = compare(shift)
    assert told(outcome) == [("unmarked", "shop/1", True), ("unknown", "shop/99", False)]
    assert shift.order(order_id)["handover"] == "placed"
    assert [one.key for one in outcome.open] == ["shop/99"]
    conserved(shift)


def test_an_erp_that_does_not_answer_makes_nothing_missing(shift: Shift) -> None:
    shift.placed(number="1")
    shift.until_idle()
    shift.erp.planned.append(Trouble.NO_CONNECTION)
    with pytest.raises(Unavailable):
        compare(shift, repair=True)
    assert shift.house.get("/v1/reconciliation").json()["findings"] == []
    assert told(compare(shift)) == []


def test_of_a_system_that_can_only_be_written_to_nothing_is_called_missing(tmp_path: Path) -> None:
    with on_shift(tmp_path, Duplicates.BY_HAND) as shift:
        shift.placed(number="1")
        shift.until_idle()
        outcome = compare(shift, repair=True)
        assert (outcome.compared, outcome.findings) == (0, ())


def test_every_difference_has_a_remedy() -> None:
    assert set(REMEDIES) == set(Difference)


def restored(shift: Shift) -> None:
    """As after a restore to a copy that knew no orders."""

    def write(tx: Connection) -> None:
        for table in ("order_step", "order_line", "order_key", "task", "orders"):
            tx.execute(f"DELETE FROM {table}")
        tx.execute("UPDATE tally SET value = 0 WHERE name = 'taken'")
        tx.execute("UPDATE book SET restored_at = ?", (stamp(shift.house.clock.at),))
        tasks.pause_target(tx, ERP_TARGET, RESTORED)

    shift.house.database.write(write)


def test_after_a_restore_nothing_is_sent_before_what_was_sent_must_have_ended(shift: Shift) -> None:
    shift.placed(number="1")
    shift.erp.planned.append(Trouble.LATE)
    shift.turn()
    assert shift.held("shop/1") == []
    restored(shift)
    order_id = shift.placed(number="1")
    outcome = compare(shift)
    assert not outcome.resumed
    assert outcome.resumes_at is not None
    shift.until_idle()
    assert shift.order(order_id)["handover"] == "in_doubt"
    shift.house.clock.at = outcome.resumes_at
    assert compare(shift).resumed
    shift.until_idle()
    assert shift.order(order_id)["handover"] == "placed"
    assert len(shift.held("shop/1")) == 1


def test_an_order_that_a_restore_lost_and_the_store_cancels_is_looked_for_first(shift: Shift) -> None:
    shift.placed(number="1")
    shift.until_idle()
    restored(shift)
    order_id = shift.placed(number="1")
    event = {"key": "e1", "kind": "cancelled", "sequence": 1, "at": "2026-11-23T12:10:00Z"}
    answer = shift.house.client.request("POST", f"/v1/orders/{order_id}/events", json=event)
    assert answer.status in {200, 201}, answer.body
    assert shift.order(order_id)["handover"] == "in_doubt"
    shift.house.clock.at += timedelta(minutes=10)
    assert compare(shift).resumed
    shift.until_idle()
    assert shift.order(order_id)["handover"] == "placed"
    assert len(shift.held("shop/1")) == 1


def test_two_comparisons_at_once_do_not_disturb_each_other(shift: Shift) -> None:
    """One that begins while another is under way takes nothing of what that has read."""
    for number in range(3):
        shift.placed(number=str(number))
    shift.until_idle()
    begun: list[bool] = []

    def meanwhile() -> None:
        if not begun:
            begun.append(True)
            assert compare(shift, repair=True).findings == ()

    outcome = reconciled(shift.house.database, shift.erp, shift.house.clock, repair=Repair(True), going_on=meanwhile)
    assert (begun, outcome.findings) == ([True], ())
    assert conserved(shift)["placed"] == 3


def test_a_comparison_that_lost_its_lease_ends_and_calls_nothing_missing(shift: Shift) -> None:
    shift.placed(number="1")
    shift.until_idle()
    (document,) = shift.held("shop/1")
    shift.erp.documents.forget(document)

    def taken_over() -> None:
        raise Unavailable("Somebody else compares both sides now.")

    with pytest.raises(Unavailable):
        reconciled(shift.house.database, shift.erp, shift.house.clock, repair=Repair(True), going_on=taken_over)
    assert shift.house.get("/v1/conservation").json()["placed"] == 1


def test_beyond_a_bound_nothing_is_handed_over_on_the_word_of_a_list(
    shift: Shift, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("listino.flows.reconcile.LOOKED_FOR_MAX", 1)
    for number in range(3):
        shift.placed(number=str(number))
    shift.until_idle()
    for document in shift.erp.held():
        shift.erp.documents.forget(document)
    outcome = compare(shift, repair=True)
    assert [one.repaired for one in outcome.findings] == [True, False, False]
    assert [one.theirs for one in outcome.findings][1:] == ["not in the list, not looked for by its key"] * 2


def test_what_was_ordered_after_a_restore_goes_as_ever_where_nothing_can_be_looked_for(tmp_path: Path) -> None:
    with on_shift(tmp_path, Duplicates.BY_HAND) as shift:
        restored(shift)
        tomorrow = shift.house.clock.at + timedelta(days=2)
        before = shift.placed(number="1")
        assert compare(shift).resumes_at is not None
        shift.house.clock.at = tomorrow
        assert compare(shift).resumed
        after = shift.placed(number="2", customer="bianchi", ordered_at=tomorrow.isoformat())
        shift.until_idle()
        order = shift.order(before)
        assert (order["handover"], order["parked"]["reason"]) == ("parked", "in_doubt")
        assert shift.order(after)["handover"] == "placed"
        assert (len(shift.held("shop/1")), len(shift.held("shop/2"))) == (0, 1)


def test_very_many_missing_at_once_are_an_archive_until_a_person_confirms(shift: Shift) -> None:
    for number in range(12):
        shift.placed(number=str(number))
    shift.for_a_while(10)
    for document in shift.erp.held():
        shift.erp.documents.forget(document)
    outcome = compare(shift, repair=True)
    assert (outcome.held_back, [one.repaired for one in outcome.findings]) == (12, [False] * 12)
    assert conserved(shift)["placed"] == 12
    outcome = compare(shift, repair=True, confirm=True)
    assert (outcome.held_back, [one.repaired for one in outcome.findings]) == (0, [True] * 12)


def test_what_has_left_the_warehouse_is_not_handed_over_again(shift: Shift) -> None:
    order_id = shift.placed(number="1")
    shift.until_idle()
    shift.erp.live("shop/1", "shipped")
    shift.for_a_while(120, every=30)
    assert shift.order(order_id)["life"] == "shipped"
    (document,) = shift.held("shop/1")
    shift.erp.documents.forget(document)
    assert told(compare(shift, repair=True, confirm=True)) == [("missing", "shop/1", False)]
