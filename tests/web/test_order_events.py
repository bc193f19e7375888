"""What a store tells of its orders: kept under a key, applied in its own sequence, left to a person where needed."""

from collections.abc import Iterator
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from listino.config import SystemChance
from listino.db.stock import unbalanced
from listino.flows.access import created
from listino.flows.privacy import erased
from tests.asgi import Response
from tests.engines import ON_BOTH
from tests.shop import NOW, House, an_order, opened

pytestmark = ON_BOTH


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with opened(tmp_path) as house:
        yield house


def tell(house: House, told: Any, kind: str, key: str = "e-1", **said: Any) -> Response:
    return house.client.request("POST", f"/v1/orders/{told['id']}/events", json={"kind": kind, "key": key} | said)


def stood(house: House, order: Any) -> Any:
    return house.get(f"/v1/orders/{order['id']}").json()


def step(house: House, order: Any, state: str, **said: Any) -> Response:
    return house.client.request("POST", f"/v1/orders/{order['id']}/steps", json={"state": state} | said)


def reserved(house: House, item: str) -> str:
    found: str = house.get(f"/v1/stock/{item}").json()["warehouses"][0]["reserved"]
    return found


def saws(quantity: str, **said: Any) -> dict[str, Any]:
    return an_order(customer="bianchi", lines=[{"item": "saw", "quantity": quantity}], **said)


def taken(house: House, **said: Any) -> Any:
    answer = house.order(**said)
    assert answer.status == 201, answer.body
    return answer.json()


def test_a_store_cancels_an_order_and_its_stock_is_free_again(house: House) -> None:
    house.client.request("PUT", "/v1/stock/saw", json={"on_hand": "10"})
    order = taken(house, **saws("3"))
    answer = tell(house, order, "cancelled", text="The buyer changed their mind.", at="2026-11-23T11:59:30Z")
    assert (answer.status, answer.json()) == (201, {
        "order": order["id"], "key": "e-1", "kind": "cancelled", "sequence": None, "at": "2026-11-23T11:59:30.000000Z",
        "received_at": answer.json()["received_at"], "state": "applied", "applied_at": answer.json()["applied_at"],
        "outcome": None, "applied": True,
    })  # fmt: skip
    found = stood(house, order)
    assert (found["handover"], found["life"], reserved(house, "saw")) == ("placed", "cancelled", "0")
    assert found["history"][-1]["text"] == "cancelled by the store: 3 saw (event e-1)"
    assert [(one["key"], one["state"], one["text"]) for one in found["events"]] == [
        ("e-1", "applied", "The buyer changed their mind.")
    ]


def test_an_order_that_is_held_is_cancelled_before_it_was_placed(house: House) -> None:
    order = taken(house, customer="nobody")
    assert tell(house, order, "cancelled").json()["applied"]
    assert (stood(house, order)["handover"], stood(house, order)["life"]) == ("cancelled", "cancelled")
    counts = house.get("/v1/conservation").json()
    assert (counts["taken"], counts["cancelled"], counts["accepted"]) == (1, 1, 0)


def test_the_same_event_again_is_the_first_answer_and_other_content_is_refused(house: House) -> None:
    order = taken(house)
    first = tell(house, order, "paid", amount="10")
    again = tell(house, order, "paid", amount="10.00")
    assert (first.status, again.status, first.body) == (201, 201, again.body)
    before = stood(house, order)
    other = tell(house, order, "paid", amount="11")
    assert (other.status, other.json()["code"]) == (422, "different_content")
    assert stood(house, order) == before
    assert [one["state"] for one in before["history"]] == ["accepted", "placed", "paid"]


def test_an_event_whose_forerunner_is_missing_waits_and_follows_as_it_comes(house: House) -> None:
    order = taken(house)
    third = tell(house, order, "noted", "e-3", sequence=3, text="c")
    second = tell(house, order, "paid", "e-2", sequence=2, amount="10")
    assert [one.status for one in (third, second)] == [202, 202]
    assert (third.json()["applied"], third.json()["outcome"]) == (False, "It waits for event 2 of the store.")
    assert [one["state"] for one in stood(house, order)["events"]] == ["waiting", "waiting"]
    assert [one["state"] for one in stood(house, order)["history"]] == ["accepted", "placed"]
    first = tell(house, order, "noted", "e-1", sequence=1)
    assert (first.status, first.json()["applied"]) == (201, True)
    found = stood(house, order)
    assert [one["state"] for one in found["events"]] == ["applied"] * 3
    assert [one["text"] for one in found["history"][2:]] == ["event e-1", "10.00 EUR (event e-2)", "event e-3"]
    assert tell(house, order, "noted", "e-3", sequence=3, text="c").body == third.body


STORY: tuple[tuple[str, dict[str, Any]], ...] = (
    ("changed", {"order": saws("5")}),
    ("paid", {"amount": "20"}),
    ("changed", {"order": saws("2")}),
    ("cancelled", {"lines": [{"line": 1, "quantity": "1"}]}),
)


def told_of(house: House, order: Any) -> Any:
    found = stood(house, order)
    return {name: found[name] for name in ("life", "handover", "gross", "held")} | {
        "lines": [(line["item"], line["quantity"], line["cancelled"]) for line in found["lines"]],
        "history": [(one["state"], one["text"]) for one in found["history"]],
        "reserved": reserved(house, "saw"),
    }


def test_in_whatever_order_events_arrive_the_end_is_the_same(house: House) -> None:
    house.client.request("PUT", "/v1/stock/saw", json={"on_hand": "1000"})
    ends, before = [], 0
    for turn, arrival in enumerate(permutations(range(len(STORY)))):
        order = taken(house, **saws("3", number=str(turn)))
        for place in arrival:
            kind, said = STORY[place]
            if "order" in said:
                said = {"order": said["order"] | {"number": str(turn)}}
            assert tell(house, order, kind, f"e-{place}", sequence=place + 1, **said).status in {201, 202}
        end = told_of(house, order)
        end["reserved"], before = int(end["reserved"]) - before, int(end["reserved"])
        ends.append(end)
    assert all(end == ends[0] for end in ends)
    assert (ends[0]["life"], ends[0]["gross"], ends[0]["reserved"]) == ("received", "48.80", 1)
    assert ends[0]["lines"] == [("saw", "2", "1")]
    assert unbalanced(house.database.read().connection) == []


def test_a_store_that_counts_otherwise_says_what_comes_before(house: House) -> None:
    order = taken(house)
    late = tell(house, order, "noted", "b", sequence=1007, after=1001)
    first = tell(house, order, "noted", "a", sequence=1001, after=0)
    assert (late.status, first.status) == (202, 201)
    assert [one["state"] for one in stood(house, order)["events"]] == ["applied", "applied"]


def test_a_number_that_another_event_has_is_refused(house: House) -> None:
    order = taken(house)
    tell(house, order, "noted", "a", sequence=1)
    answer = tell(house, order, "noted", "b", sequence=1)
    assert (answer.status, answer.json()["code"]) == (409, "sequence_taken")
    assert len(stood(house, order)["events"]) == 1


def test_a_changed_order_is_priced_and_reserved_anew_and_its_first_answer_stays(house: House) -> None:
    house.client.request("PUT", "/v1/stock/saw", json={"on_hand": "4"})
    first = house.order(**saws("3"))
    order = first.json()
    changed = saws("4") | {"lines": [{"item": "saw", "quantity": "4", "text": "blue"}], "notes": "Ring!"}
    assert tell(house, order, "changed", order=changed).json()["applied"]
    found = stood(house, order)
    assert (found["net"], found["gross"], found["handover"], found["notes"]) == ("80.00", "97.60", "placed", "Ring!")
    assert [(line["quantity"], line["text"]) for line in found["lines"]] == [("4", "blue")]
    assert reserved(house, "saw") == "4"
    assert house.order(**saws("3")).body == first.body


def test_a_change_that_a_person_must_look_at_holds_the_order(house: House) -> None:
    house.client.request("PUT", "/v1/stock/saw", json={"on_hand": "4"})
    order = taken(house, **saws("3"))
    answer = tell(house, order, "changed", order=saws("5"))
    assert (answer.json()["applied"], answer.json()["outcome"]) == (True, "It is held: stock.")
    found = stood(house, order)
    assert (found["handover"], found["life"], found["held"]) == ("placed", "on_hold", ["stock"])
    refused = house.client.request("POST", f"/v1/orders/{order['id']}/release", json={})
    assert (refused.status, refused.json()["errors"][0]["code"]) == (409, "stock")
    assert tell(house, order, "changed", "e-2", order=saws("4")).json()["applied"]
    found = stood(house, order)
    assert (found["life"], found["held"], reserved(house, "saw")) == ("received", [], "4")


def test_a_change_mends_what_held_an_order(house: House) -> None:
    order = taken(house, customer="nobody")
    assert tell(house, order, "changed", order=an_order()).json()["applied"]
    found = stood(house, order)
    assert (found["handover"], found["life"], found["customer"], found["net"]) == (
        "placed", "received", "rossi", "25.65",
    )  # fmt: skip


def test_what_cannot_be_done_any_more_is_left_to_a_person(house: House) -> None:
    order = taken(house)
    step(house, order, "shipped")
    before = stood(house, order)
    for key, kind, said in (
        ("a", "cancelled", {}), ("b", "changed", {"order": an_order(notes="other")}),
        ("c", "returned", {"lines": [{"line": 1, "quantity": "4"}]}),
    ):  # fmt: skip
        answer = tell(house, order, kind, key, **said)
        assert (answer.status, answer.json()["state"], answer.json()["applied"]) == (201, "by_hand", False)
        assert answer.json()["outcome"]
    after = stood(house, order)
    assert [one["state"] for one in after.pop("events")] == ["by_hand"] * 3
    assert after == {name: value for name, value in before.items() if name != "events"}


def test_what_is_left_to_a_person_is_found_and_said_to_be_done(house: House) -> None:
    order, other = taken(house), taken(house, number="2")
    step(house, order, "shipped")
    tell(house, order, "cancelled", "c")
    tell(house, other, "noted", "n", sequence=2)
    listed = [house.get("/v1/orders", events=state).json()["data"] for state in ("by_hand", "waiting", "applied")]
    assert [[one["id"] for one in page] for page in listed] == [[order["id"]], [other["id"]], []]
    path = f"/v1/orders/{order['id']}/events/settle"
    done, again = (house.client.request("POST", path, json={"key": "c", "reason": "They know."}) for _ in range(2))
    assert (done.status, again.body) == (200, done.body)
    assert (done.json()["events"][0]["state"], done.json()["history"][-1]["text"]) == (
        "settled", "event c (cancelled). They know.",
    )  # fmt: skip
    for where, key, code in ((other, "n", "not_by_hand"), (order, "x", "unknown_event")):
        refused = house.client.request("POST", f"/v1/orders/{where['id']}/events/settle", json={"key": key})
        assert refused.json()["code"] == code


def test_goods_come_back(house: House) -> None:
    order = taken(house)
    step(house, order, "shipped")
    tell(house, order, "returned", "a", lines=[{"item": "hammer", "quantity": "1"}])
    assert (stood(house, order)["life"], stood(house, order)["lines"][0]["returned"]) == ("partly_returned", "1")
    tell(house, order, "returned", "b")
    assert stood(house, order)["life"] == "returned"


def test_what_is_paid_is_not_owed_any_more(house: House) -> None:
    house.put("customers", "bianchi", country="IT", credit_limit="50")
    first = taken(house, **saws("2", number="1"))
    assert taken(house, **saws("1", number="2"))["held"] == ["credit_limit"]
    tell(house, first, "paid", payment={"method": "card", "captured": "48.80"})
    assert taken(house, **saws("1", number="3"))["held"] == []


def test_an_event_is_told_by_store_and_number(house: House) -> None:
    taken(house, number="A/7")
    body = {"kind": "paid", "key": "e", "amount": "5"}
    answer = house.client.request("POST", "/v1/orders/events", json=body, params={"number": "A/7"})
    assert (answer.status, answer.json()["applied"]) == (201, True)
    missing = house.client.request("POST", "/v1/orders/events", json=body, params={"number": "A/8"})
    assert (missing.status, missing.json()["code"]) == (404, "unknown_order")


def test_a_store_may_tell_events_and_not_take_steps_and_a_test_key_only_of_its_own(house: House) -> None:
    order = taken(house)
    scopes = ("orders:create",)
    _, store = created(house.database, "store", scopes, channel=None, test=False, now=NOW, chance=SystemChance())
    _, trial = created(house.database, "trial", scopes, channel=None, test=True, now=NOW, chance=SystemChance())
    path, body = f"/v1/orders/{order['id']}/events", {"kind": "noted", "key": "n"}
    mine, theirs = (
        house.client.request("POST", path, json=body, headers={"Authorization": f"Bearer {secret}"})
        for secret in (store, trial)
    )
    assert (mine.status, theirs.status, theirs.json()["code"]) == (201, 403, "test_key")
    assert [one["state"] for one in stood(house, order)["events"]] == ["applied"]


def test_what_is_personal_of_an_event_is_forgotten_with_the_order(house: House) -> None:
    order = taken(house)
    changed = an_order(ship_to={"name": "Gioconda Bellavista", "country": "IT"})
    tell(house, order, "changed", "b", sequence=2, order=changed, text="Bellavista rang")
    payment = {"method": "card", "reference": "4111 1111 1111 1111", "captured": "1"}
    tell(house, order, "paid", "c", payment=payment)
    assert "4111" not in house.get(f"/v1/orders/{order['id']}").body.decode()
    assert erased(house.database, "rossi", NOW).left == ()
    tell(house, order, "noted", "a", sequence=1)
    found = stood(house, order)
    assert [(one["key"], one["state"]) for one in found["events"]] == [
        ("b", "by_hand"), ("c", "applied"), ("a", "applied"),
    ]  # fmt: skip
    assert "Bellavista" not in str(found)


def test_many_repeats_at_once_are_one_event(house: House) -> None:
    order = taken(house)
    body = {"kind": "paid", "key": "e", "amount": "5"}
    post = ("POST", f"/v1/orders/{order['id']}/events", {"json": body})
    answers = house.client.together([post] * 30)
    assert {(answer.status, answer.body) for answer in answers} == {(201, answers[0].body)}
    assert [one["state"] for one in stood(house, order)["history"]] == ["accepted", "placed", "paid"]


@pytest.mark.parametrize(
    ("said", "field", "code"),
    [
        ({"kind": "lost"}, "kind", "not_a_choice"),
        ({"key": None}, "key", "missing"),
        ({"sequence": 0}, "sequence", "out_of_range"),
        ({"sequence": 2, "after": 2}, "after", "out_of_range"),
        ({"kind": "changed"}, "order", "missing"),
        ({"kind": "changed", "order": an_order(lines=[])}, "order.lines", "count"),
        ({"kind": "changed", "order": an_order(ordered_at="2026-11-23T10:00:00")}, "order.ordered_at", "no_zone"),
        ({"kind": "paid"}, "amount", "missing"),
        ({"kind": "paid", "amount": "-1"}, "amount", "negative"),
        ({"kind": "paid", "amount": "1e30"}, "amount", "not_a_number"),
        ({"kind": "cancelled", "amount": "1"}, "amount", "not_for_kind"),
        ({"kind": "paid", "amount": "1", "lines": [{"line": 1}]}, "lines", "not_for_kind"),
        ({"at": "2026-11-23T10:00:00"}, "at", "no_zone"),
        ({"colour": "red"}, "colour", "unknown_field"),
    ],
)
def test_what_is_malformed_is_refused_and_nothing_is_kept(
    house: House, said: dict[str, Any], field: str, code: str
) -> None:
    order = taken(house)
    body = {name: value for name, value in ({"kind": "noted", "key": "e"} | said).items() if value is not None}
    answer = house.client.request("POST", f"/v1/orders/{order['id']}/events", json=body)
    fault = answer.json()["errors"][0]
    assert (answer.status, fault["field"], fault["code"]) == (400, field, code)
    assert fault["remedy"]
    assert stood(house, order)["events"] == []


def test_the_event_for_which_too_many_wait_is_taken(house: House) -> None:
    order = taken(house)
    for number in range(2, 202):
        assert tell(house, order, "noted", f"n{number}", sequence=number).status == 202
    over = tell(house, order, "noted", "n202", sequence=202)
    assert (over.status, over.json()["code"]) == (409, "too_many_waiting")
    assert tell(house, order, "noted", "n1", sequence=1).json()["applied"]
    events = stood(house, order)["events"]
    assert [one["state"] for one in events] == ["applied"] * 201


@pytest.mark.parametrize("field", ["number", "store"])
def test_a_change_that_carries_another_order_is_refused(house: House, field: str) -> None:
    order = taken(house)
    before = stood(house, order)
    answer = tell(house, order, "changed", order=an_order(**{field: "another"}))
    assert (answer.status, [one["field"] for one in answer.json()["errors"]]) == (400, [f"order.{field}"])
    assert stood(house, order) == before


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ({"line": 1, "item": "saw"}, "lines[0]"),
        ({"line": 1, "quantity": "0"}, "lines[0].quantity"),
        ({"line": 1, "quantity": "-1"}, "lines[0].quantity"),
    ],
)
def test_a_line_that_contradicts_itself_moves_nothing(house: House, line: dict[str, Any], field: str) -> None:
    lines = [{"item": "hammer", "quantity": "1"}, {"item": "saw", "quantity": "1"}]
    order = taken(house, customer="bianchi", lines=lines)
    before = stood(house, order)
    refused = step(house, order, "shipped", lines=[line])
    assert (refused.status, [one["field"] for one in refused.json()["errors"]]) == (400, [field])
    assert stood(house, order) == before
    assert not tell(house, order, "cancelled", lines=[line]).json().get("applied", False)
    assert stood(house, order)["lines"] == before["lines"]


def test_a_payment_in_another_currency_is_left_to_a_person(house: House) -> None:
    order = taken(house)
    told = tell(house, order, "paid", payment={"method": "card", "captured": "20", "currency": "USD"}).json()
    assert (told["state"], told["outcome"]) == (
        "by_hand", "The payment is in USD, the order in EUR: book it by hand.",
    )  # fmt: skip
    assert [one["state"] for one in stood(house, order)["history"]] == ["accepted", "placed"]
