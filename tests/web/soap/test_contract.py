"""Contract and code are one: every message has its elements, every valid request binds, releases only append."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from msgspec.structs import fields as struct_fields

from listino.core.desk import LineSaid
from listino.core.order_events import OrderEvent
from listino.core.orders import Charge, Order, OrderLine, OrderTotals, Party, Payment, Voucher
from listino.web.asks import AskedLine, BasketAsk, BatchAsk, ManualLine, PriceAsk
from listino.web.basket_messages import BasketCharge, BasketTotals, FreeGoodsLine, RateTotals
from listino.web.messages import (
    BreakLine,
    ChargeLine,
    FormulaLine,
    HistoryLine,
    IndexedLine,
    NotAppliedLine,
    PriceAnswer,
    RoundingLine,
    Segment,
    ShareLine,
    StepLine,
    TierPart,
)
from listino.web.rest.order_answers import OrderAnswer, OrderLineAnswer
from listino.web.soap.asks import (
    CustomersQuestion,
    ItemsQuestion,
    OrderKey,
    PingQuestion,
    StockQuestion,
    event_said,
    order_said,
)
from listino.web.soap.table import NAMESPACE, QUALIFIED, Pair, Table, camel, table_of
from listino.web.soap.values import DATE, FLAG, INSTANT, INSTANT_TEXT, NUMBER, WHOLE
from listino.web.soap.wsdl import FILE, XS, Element, types
from tests.web.soap.messages import RELEASED, schema

EVENT = table_of(OrderEvent, event_said, (("id", False), ("store", False), ("number", False)))
TABLES: dict[str, Table] = {
    "PriceQuestion": table_of(PriceAsk), "PricesQuestion": table_of(BatchAsk), "BasketQuestion": table_of(BasketAsk),
    "QuestionLine": table_of(AskedLine), "ManualRule": table_of(ManualLine), "StockQuestion": table_of(StockQuestion),
    "Order": table_of(Order, order_said, (("key", True),)), "OrderContent": table_of(Order),
    "OrderLine": table_of(OrderLine), "Charge": table_of(Charge), "Payment": table_of(Payment),
    "Voucher": table_of(Voucher), "OrderTotals": table_of(OrderTotals),
    "Party": table_of(Party), "OrderEvent": EVENT, "EventLine": table_of(LineSaid),
    "OrderKey": table_of(OrderKey), "ItemsQuestion": table_of(ItemsQuestion),
    "CustomersQuestion": table_of(CustomersQuestion), "PingQuestion": table_of(PingQuestion),
    "Attribute": table_of(Pair), "Field": table_of(Pair),
}  # fmt: skip
READERS: dict[str, tuple[Any, ...]] = {
    "decimal": (NUMBER,), "dateTime": (INSTANT, INSTANT_TEXT), "date": (DATE,), "long": (WHOLE,), "boolean": (FLAG,),
}  # fmt: skip
# What REST says of a price in a form that SOAP's own has no use for.
BY_SHAPE = {"outcome", "reason", "from_"}
ANSWERS: dict[str, Any] = {
    "Step": StepLine, "NotApplied": NotAppliedLine, "PriceBreak": BreakLine, "OwnLine": ChargeLine,
    "Share": ShareLine, "Segment": Segment, "Formula": FormulaLine, "Indexed": IndexedLine, "Rounding": RoundingLine,
    "TierPart": TierPart, "Totals": BasketTotals, "RateTotal": RateTotals, "FreeGoodsEntry": FreeGoodsLine,
    "BasketCharge": BasketCharge, "HistoryEvent": HistoryLine, "OrderStatus": OrderAnswer,
    "OrderStatusLine": OrderLineAnswer,
}  # fmt: skip
OPERATIONS = (
    "GetPrice", "GetPrices", "GetPriceLadder", "PriceBasket", "SubmitOrder", "SubmitOrderEvent", "GetOrderStatus",
    "GetStock", "GetItems", "GetCustomers", "Ping",
)  # fmt: skip


def requests() -> dict[str, str]:
    """The type of the request of every operation."""
    return {name: wrapped(FILE)[name][0].type for name in OPERATIONS}


def wrapped(path: Path) -> dict[str, tuple[Element, ...]]:
    """The children of the elements that wrap requests and answers."""
    found: dict[str, tuple[Element, ...]] = {}
    for top in next(etree.parse(path).iter(XS + "schema")).findall(XS + "element"):
        found[top.get("name")] = tuple(
            Element(one.get("name"), one.get("type").rpartition(":")[2], False, False)
            for one in top.iter(XS + "element")
            if one is not top
        )
    return found


@pytest.mark.parametrize("name", TABLES)
def test_the_table_of_a_message_has_the_elements_of_its_type_and_reads_them_as_they_are(name: str) -> None:
    table, elements = TABLES[name], types()[name]
    assert {one.name for one in elements} == set(table.names)
    assert {camel(one) for one in table.required} == {one.name for one in elements if not one.optional}
    for one in elements:
        _, convert = table.of[QUALIFIED + one.name]
        known = [kind for kind, readers in READERS.items() if convert in readers]
        assert known == ([one.type] if one.type in READERS else []), one.name


def test_every_type_of_a_request_has_a_table() -> None:
    reached: set[str] = set()
    waiting = list(requests().values())
    while waiting:
        kind = waiting.pop()
        if kind in types() and kind not in reached:
            reached.add(kind)
            waiting += [one.type for one in types()[kind]]
    lists = {kind for kind in reached if len(types()[kind]) == 1 and types()[kind][0].repeated}
    assert reached - lists == set(TABLES)


@pytest.mark.parametrize("name", ANSWERS)
def test_every_field_of_an_answer_has_its_element(name: str) -> None:
    elements = {one.name for one in types()[name]}
    missing = {camel(one.name) for one in struct_fields(ANSWERS[name]) if one.name not in BY_SHAPE} - elements
    assert missing == set()


def test_every_field_of_a_price_has_its_element_where_there_is_one_and_where_there_is_none() -> None:
    said = {camel(one.name) for one in struct_fields(PriceAnswer)} - {"outcome", "reason"}
    price, none = ({one.name for one in types()[name]} for name in ("Price", "NoPrice"))
    assert said - price == {"text"}
    assert {"code", "text"} <= none <= said | {"code"}


def example(kind: str, *, full: bool, at: int = 0) -> str:
    """An example of a type: only what must be there, or everything."""
    simple = {
        "decimal": "-12.50", "dateTime": "2026-12-31T24:00:00.1234567+01:00", "date": "2026-12-31Z", "long": "42",
        "boolean": "1", "Code": "<![CDATA[a&b]]>", "Key": "k", "Text": "\n t ", "Quote": "q.1",
    }  # fmt: skip
    simple["dateTime"] = "2026-12-31T23:00:00.1234567+01:00" if full else "2026-12-31T24:00:00Z"
    if kind in simple:
        return simple[kind]
    elements = [one for one in types()[kind] if full or not one.optional]
    return "".join(
        f"<{one.name}>{example(one.type, full=full, at=at + 1)}</{one.name}>" * (2 if one.repeated and at < 3 else 1)
        for one in elements
    )


@pytest.mark.parametrize("full", [True, False], ids=["full", "least"])
@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_valid_example_binds(operation: str, full: bool) -> None:
    kind = requests()[operation]
    body = example(kind, full=full)
    if full:  # A revision and an instant are one field of the message.
        body = body.replace("<knownRevision>42</knownRevision>", "")
        body = body.replace("<name>\n t </name><value>\n t </value></field><field><name>\n t ", "<name>a</name>"
                            "<value>b</value></field><field><name>c")  # fmt: skip
    element = etree.fromstring(f'<{operation} xmlns="{NAMESPACE}"><request>{body}</request></{operation}>')
    schema().assertValid(etree.ElementTree(element))
    TABLES[kind].bind(element[0])


def particles(path: Path) -> dict[str, list[tuple[str, str, bool, str]]]:
    """The elements of all types: name, type, whether it must be there, how often it comes; and `any` at the end."""
    found: dict[str, list[tuple[str, str, bool, str]]] = {}
    for kind in etree.parse(path).iter(XS + "complexType"):
        name = kind.get("name") or kind.getparent().get("name")
        found[name] = [
            (one.get("name", "any"), one.get("type", ""), one.get("minOccurs", "1") != "0", one.get("maxOccurs", "1"))
            for one in kind.find(XS + "sequence")
        ]
    return found


def breaks(before: dict[str, Any], now: dict[str, Any]) -> Iterator[str]:
    """What of a released schema was taken back: anything but new types, and optional elements before `any`."""
    for name, was in before.items():
        is_now = now.get(name)
        if is_now is None:
            yield f"{name} is gone"
            continue
        end = [one for one in was if one[0] == "any"]
        kept = [one for one in was if one[0] != "any"]
        if is_now[: len(kept)] != kept or is_now[len(is_now) - len(end) :] != end:
            yield f"{name} was changed otherwise than by appending"
        elif any(must or often != "1" for _, _, must, often in is_now[len(kept) : len(is_now) - len(end)]):
            yield f"{name} requires or repeats what is new"
        elif not end and len(is_now) != len(kept) and name.endswith(("Answer", "Response")):
            yield f"{name} has no place for what is new"


def test_what_was_released_is_only_appended_to() -> None:
    assert list(breaks(particles(RELEASED), particles(FILE))) == []


@pytest.mark.parametrize(
    "change",
    [
        lambda now: now.pop("Price"),
        lambda now: now["Price"].insert(0, ("new", "tns:Code", False, "1")),
        lambda now: now["Price"].insert(-1, ("new", "tns:Code", True, "1")),
        lambda now: now["Price"].append(("new", "tns:Code", False, "1")),
        lambda now: now["Price"].__setitem__(0, ("item", "tns:Text", True, "1")),
        lambda now: now["Price"].__setitem__(0, ("item", "tns:Code", False, "1")),
        lambda now: now["PricedLines"].append(("new", "tns:Code", False, "1")) or now["PricedLines"].reverse(),
    ],
)
def test_a_change_that_breaks_clients_is_found(change: Any) -> None:
    now = particles(FILE)
    change(now)
    assert list(breaks(particles(FILE), now)) != []


def test_an_optional_element_before_any_is_let_in() -> None:
    now = particles(FILE)
    now["Price"].insert(-1, ("new", "tns:Code", False, "1"))
    assert list(breaks(particles(FILE), now)) == []


def test_every_type_of_an_answer_ends_open_but_for_lists() -> None:
    now, reached = particles(FILE), set()
    waiting = [wrapped(FILE)[f"{name}Response"][0].type for name in OPERATIONS] + ["Problem"]
    while waiting:
        kind = waiting.pop()
        if kind in types() and kind not in reached:
            reached.add(kind)
            waiting += [one.type for one in types()[kind]]
    lists = {kind for kind in reached if len(types()[kind]) == 1 and types()[kind][0].repeated}
    assert [kind for kind in sorted(reached - lists) if now[kind][-1][0] != "any"] == []
    assert [kind for kind in sorted(lists) if now[kind][-1][0] == "any"] == []
