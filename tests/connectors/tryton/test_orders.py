"""Orders in a real Tryton: what is charged is what stands there; what goes wrong on the way says what was done."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import pytest

from listino.connectors.erp_tryton.erp import Tryton as Connector
from listino.connectors.erp_tryton.erp import connect
from listino.connectors.erp_tryton.rpc import Rpc
from listino.core.errors import ErpSaidNo, OutcomeUnknown, Unavailable
from listino.core.orders import Charge, Order, Party
from listino.ports import (
    AskedPrice,
    ErpOrder,
    EventToHand,
    Http,
    HttpAnswer,
    HttpRequest,
    LineToPlace,
    OrderToPlace,
    PriceAsk,
)
from tests.connectors.tryton.running import Tryton, http
from tests.connectors.tryton.seed_names import PASSWORD

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
_numbers = count(1)


@pytest.fixture(scope="module")
def admin(tryton: Tryton) -> Rpc:
    return tryton.admin()


@pytest.fixture(scope="module")
def sold(admin: Rpc) -> dict[str, list[str]]:
    """Codes of goods sold in pieces, by their accounting category."""
    found: dict[str, list[str]] = {}
    within = [["default_uom.symbol", "=", "u"], ["type", "=", "goods"]]
    for row in admin.rows("product.product", within, ["code", "account_category.name"]):
        found.setdefault(row["account_category."]["name"].removeprefix("Acc "), []).append(row["code"])
    return found


def _line(item: str, quantity: str, price: str, percent: str, tax: str | None = None, **more: Any) -> LineToPlace:
    """A line with its tax rounded half up, or as it is said."""
    net = (Decimal(quantity) * Decimal(price)).quantize(Decimal("0.01"), "ROUND_HALF_UP")
    charged = (
        Decimal(tax) if tax is not None else (net * Decimal(percent) / 100).quantize(Decimal("0.01"), "ROUND_HALF_UP")
    )
    said = {"unit": "C62", "tax_percent": Decimal(percent), **more}
    return LineToPlace(item=item, quantity=Decimal(quantity), net_price=Decimal(price), net=net, tax=charged,
                       gross=net + charged, **said)  # fmt: skip


def _order(
    *lines: LineToPlace, customer: str | None = "C07", charges: tuple[Charge, ...] = (), **more: Any
) -> OrderToPlace:
    number = f"o{next(_numbers)}"
    said = Order(number=number, ordered_at=AT, currency="EUR", lines=(), customer=customer, **more)
    net = sum((line.net for line in lines), Decimal(0)) + sum((one.net or Decimal(0) for one in charges), Decimal(0))
    tax = sum((line.tax for line in lines), Decimal(0)) + sum((one.tax or Decimal(0) for one in charges), Decimal(0))
    return OrderToPlace(key=f"web/{number}", id=number, store="web", order=said, channel=None, lines=lines,
                        charges=charges, net=net, tax=tax, gross=net + tax, taken_at=AT)  # fmt: skip


def _lines(admin: Rpc, key: str) -> list[dict[str, Any]]:
    fields = ["product.code", "quantity", "unit.symbol", "unit_price", "description", "amount"]
    return list(admin.rows("sale.line", [["sale.description", "=", f"Listino {key}"]], fields))


def test_tryton_itself_takes_the_same_key_twice(admin: Rpc, erp: Connector, sold: dict[str, list[str]]) -> None:
    """So its class is B: nothing in it refuses a second document, and both are found."""
    order = _order(_line(sold["full"][0], "1", "10", "22"))
    erp.place_order(order)
    (first,) = admin.rows("sale.sale", [["description", "=", f"Listino {order.key}"]], ["party", "currency", "company"])
    raw = {"description": f"Listino {order.key}", **{name: first[name] for name in ("party", "currency", "company")}}
    admin.write("model.sale.sale.create", [raw])
    assert len(erp.find_order(order.key)) == 2
    assert erp.traits.duplicates.value == "B"


@pytest.mark.parametrize(
    ("lines", "net", "tax"),
    [
        # Halves of a cent: Tryton rounds them to the even cent, the trade up.
        ([("reduced", "1", "0.05", "10")], "0.05", "0.01"),
        ([("full", "1", "0.25", "22")], "0.25", "0.06"),
        ([("full", "1", "12.25", "22"), ("reduced", "1", "3.45", "10")], "15.70", "3.05"),
        # Four decimals, where Tryton takes the tax of what no line shows.
        (
            [("full", "7", "1.2345", "22"), ("full", "3", "0.3333", "22"), ("full", "9", "2.7199", "22")],
            "34.12",
            "7.51",
        ),
        (
            [("low", "11", "0.9999", "4"), ("low", "13", "0.0777", "4"), ("reduced", "17", "1.1111", "10")],
            "30.90",
            "2.37",
        ),
        # Nothing is charged for goods that are given.
        ([("full", "2", "0", "22"), ("full", "1", "5", "22")], "5.00", "1.10"),
    ],
)
def test_totals_are_those_that_were_charged(
    erp: Connector, sold: dict[str, list[str]], lines: list[tuple[str, str, str, str]], net: str, tax: str
) -> None:
    order = _order(*(_line(sold[kind][place], *said) for place, (kind, *said) in enumerate(lines)))
    assert (order.net, order.tax) == (Decimal(net), Decimal(tax))
    placed = erp.place_order(order)
    assert (placed.net, placed.gross, placed.life) == (order.net, order.gross, "received")


def test_units_charges_and_own_lines_stand_on_the_sale(
    erp: Connector, admin: Rpc, sold: dict[str, list[str]], tryton: Tryton
) -> None:
    own = _line("eco-rule", "2", "0.15", "22", text="Eco tax", kind="own_line", unit=None)
    charges = (
        Charge(kind="shipping", net=Decimal("8.20"), tax=Decimal("1.80"), gross=Decimal(10), tax_percent=Decimal(22)),
        Charge(kind="voucher", net=Decimal("-5"), tax=Decimal("-1.10"), gross=Decimal("-6.10"), text="XMAS"),
    )
    order = _order(_line(sold["full"][1], "3", "120", "22", unit="bx"), own, charges=charges)
    with_service = connect(tryton.settings(shipping="SHIP", state="draft"), http(), tryton.folder)
    placed = with_service.place_order(order)
    assert (placed.net, placed.gross) == (order.net, order.gross)
    told = [
        (row["product."]["code"] if row["product."] else None, row["unit."]["symbol"] if row["unit."] else None,
         row["quantity"], row["unit_price"], row["description"])
        for row in _lines(admin, order.key)
    ]  # fmt: skip
    assert told == [
        (sold["full"][1], "bx", 3, Decimal("120.0000"), None),
        (None, None, 2, Decimal("0.1500"), "Eco tax"),
        ("SHIP", "u", 1, Decimal("8.2000"), "shipping"),
        (None, None, 1, Decimal("-5.0000"), "XMAS"),
    ]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda order: replace(order, order=replace(order.order, customer="nobody")), "unknown_customer"),
        (lambda order: replace(order, order=replace(order.order, customer=None)), "no_customer"),
        (lambda order: replace(order, order=replace(order.order, currency="JPY")), "unknown_currency"),
        (lambda order: replace(order, lines=(replace(order.lines[0], unit="XXX"),)), "unknown_unit"),
        (lambda order: replace(order, lines=(replace(order.lines[0], tax_percent=Decimal(19)),)), "tax_differs"),
        (lambda order: replace(order, tax=order.tax + 1, gross=order.gross + 1), "totals_differ"),
        (lambda order: replace(order, key=order.key + " "), "key_form"),
        (lambda order: replace(order, lines=(replace(order.lines[0], quantity=Decimal("1.23456")),)), "refused"),
    ],
)
def test_what_tryton_cannot_hold_as_it_is_waits_for_a_person(
    erp: Connector,
    admin: Rpc,
    sold: dict[str, list[str]],
    change: Callable[[OrderToPlace], OrderToPlace],
    code: str,
) -> None:
    order = change(_order(_line(sold["full"][0], "1", "10", "22")))
    with pytest.raises(ErpSaidNo) as refused:
        erp.place_order(order)
    assert refused.value.code == code
    assert refused.value.remedy
    assert list(admin.rows("sale.sale", [["description", "like", f"Listino {order.key.strip()}%"]], ["id"])) == []


def test_a_sale_that_cannot_be_quoted_stands_as_a_draft_and_says_why(
    erp: Connector, admin: Rpc, sold: dict[str, list[str]]
) -> None:
    admin.write("model.party.party.create", [{"name": "Senza indirizzo", "code": "NOADDR"}])
    order = _order(_line(sold["full"][0], "1", "10", "22"), customer="NOADDR")
    placed = erp.place_order(order)
    assert placed.text is not None
    assert "left as draft in Tryton" in placed.text
    assert "address" in placed.text
    assert [one.number for one in erp.find_order(order.key)] == [placed.number]


def test_addresses_are_made_once(erp: Connector, admin: Rpc, sold: dict[str, list[str]]) -> None:
    where = Party(name="Piero", company="Cantiere", street="Molo 1 ", street2="Cancello", city="Genova", country="IT")

    def addresses() -> int:
        (party,) = admin.rows("party.party", [["code", "=", "C14"]], ["addresses"])
        return len(party["addresses"])

    before = addresses()
    for _ in range(2):
        erp.place_order(_order(_line(sold["full"][0], "1", "10", "22"), customer="C14", ship_to=where))
    assert addresses() == before + 1


def test_a_guest_is_made_once_and_found_by_the_same_key(erp: Connector, admin: Rpc) -> None:
    buyer = Party(name="Ospite Uno", mail="ospite@example.org", street="Via 1", city="Roma", country="IT")
    code = erp.find_or_create_customer(buyer, "web/guest-1")
    assert erp.find_or_create_customer(buyer, "web/guest-1") == code
    (party,) = admin.rows("party.party", [["code", "=", code]], ["name", "email"])
    assert (party["name"], party["email"]) == ("Ospite Uno", "ospite@example.org")


def test_the_life_of_a_sale_is_told_until_it_is_over(erp: Connector, admin: Rpc, sold: dict[str, list[str]]) -> None:
    order = _order(_line(sold["full"][0], "1", "10", "22"))
    erp.place_order(order)
    (row,) = admin.rows("sale.sale", [["description", "=", f"Listino {order.key}"]], ["number"])
    assert _told(erp, order.key).life == "received"
    admin.write("model.sale.sale.confirm", [row["id"]])
    assert _told(erp, order.key).life == "confirmed"
    (sale,) = admin.by_id("sale.sale", [row["id"]], ["shipments"])
    for step in ("assign_force", "pick", "pack", "do"):
        admin.write(f"model.stock.shipment.out.{step}", sale["shipments"])
    shipped = _told(erp, order.key)
    assert shipped.life == "shipped"
    assert shipped.text is not None
    assert shipped.text.startswith("Shipments: ")


def _told(erp: Connector, key: str) -> ErpOrder:
    (found,) = (one for page in erp.order_states(None) for one in page.orders if one.key == key)
    return found


def _event(order: OrderToPlace) -> EventToHand:
    return EventToHand(key="e", kind="cancelled", order_key=order.key, erp_number=None, at=AT)


def test_a_sale_that_its_worker_left_behind_is_taken_further(
    tryton: Tryton, admin: Rpc, sold: dict[str, list[str]]
) -> None:
    order = _order(_line(sold["full"][0], "1", "10", "22"))
    settings = tryton.settings()
    settings["connection"] |= {"deadline_s": 1, "settling_s": 1}
    connect(tryton.settings(state="draft"), http(), tryton.folder).place_order(order)
    patient, hasty = tryton.settings(), connect(settings, http(), tryton.folder)
    assert _told(connect(patient, http(), tryton.folder), order.key).number.startswith("(")
    time.sleep(3)
    assert not _told(hasty, order.key).number.startswith("(")
    (row,) = admin.rows("sale.sale", [["description", "=", f"Listino {order.key}"]], ["state"])
    assert row["state"] == "quotation"


def test_a_sale_on_which_tryton_breaks_does_not_hide_the_others(tryton: Tryton, sold: dict[str, list[str]]) -> None:
    order = _order(_line(sold["full"][0], "1", "10", "22"))
    settings = tryton.settings()
    settings["connection"] |= {"deadline_s": 1, "settling_s": 1}
    connect(tryton.settings(state="draft"), http(), tryton.folder).place_order(order)
    time.sleep(3)
    assert _told(connect(settings, _Unquoted(http()), tryton.folder), order.key).number.startswith("(")


def test_a_sale_is_cancelled_until_it_is_on_its_way(erp: Connector, admin: Rpc, sold: dict[str, list[str]]) -> None:
    order = _order(_line(sold["full"][0], "1", "10", "22"))
    erp.place_order(order)
    for _ in range(2):
        erp.cancel_order(_event(order))
    assert [one.life for one in erp.find_order(order.key)] == ["cancelled"]
    late = _order(_line(sold["full"][0], "1", "10", "22"))
    erp.place_order(late)
    (row,) = admin.rows("sale.sale", [["description", "=", f"Listino {late.key}"]], ["number"])
    admin.write("model.sale.sale.confirm", [row["id"]])
    with pytest.raises(ErpSaidNo) as refused:
        erp.cancel_order(_event(late))
    assert refused.value.code == "too_late"
    assert [one.life for one in erp.find_order(late.key)] == ["confirmed"]


def test_it_is_asked_for_its_own_price(erp: Connector, admin: Rpc) -> None:
    (row,) = admin.rows("product.product", [["code", "=", "P001"]], ["code"])
    ask = PriceAsk(
        item=row["code"], customer="C01", quantity=Decimal(10), unit="C62", currency="EUR", channel=None, at=AT
    )
    assert erp.ask_price(ask) == AskedPrice(currency="EUR", net_price=Decimal("9.9000"))
    with pytest.raises(ErpSaidNo):
        erp.ask_price(replace(ask, item="nothing"))


@dataclass
class Unlucky:
    """A way to the network on which the answers to one method are lost, spoiled or replaced."""

    method: str
    answer: Callable[[], HttpAnswer]
    through: Http
    left: int = 1

    def send(self, request: HttpRequest, deadline: timedelta) -> HttpAnswer:
        """What came back, but for the answers that are to go wrong."""
        answer = self.through.send(request, deadline)
        if self.left and self.method.encode() in request.body:
            self.left -= 1
            return self.answer()
        return answer


@dataclass
class _Unquoted:
    """A way to the network on which no sale is ever quoted."""

    through: Http

    def send(self, request: HttpRequest, deadline: timedelta) -> HttpAnswer:
        """What came back; of a quote that nothing was done."""
        if b"sale.sale.quote" in request.body:
            return HttpAnswer(500, {}, b"")
        return self.through.send(request, deadline)


def _lost() -> HttpAnswer:
    raise OutcomeUnknown("The answer was lost.")


def _http(status: int, body: bytes = b"") -> Callable[[], HttpAnswer]:
    return lambda: HttpAnswer(status, {}, body)


@pytest.mark.parametrize("spoiled", [_lost, _http(502), _http(200, b"<html>"), _http(200, b'{"id":0}')])
def test_without_a_whole_answer_the_outcome_is_unknown_and_the_sale_is_found(
    tryton: Tryton, erp: Connector, sold: dict[str, list[str]], spoiled: Callable[[], HttpAnswer]
) -> None:
    order = _order(_line(sold["full"][0], "1", "10", "22"))
    unlucky = connect(tryton.settings(), Unlucky("sale.sale.create", spoiled, http()), tryton.folder)
    with pytest.raises(OutcomeUnknown):
        unlucky.place_order(order)
    assert len(erp.find_order(order.key)) == 1


def test_an_answer_lost_after_the_sale_was_made_is_unknown_too(
    tryton: Tryton, erp: Connector, sold: dict[str, list[str]]
) -> None:
    order = _order(_line(sold["full"][0], "1", "10", "22"))
    unlucky = connect(tryton.settings(), Unlucky("sale.sale.quote", _lost, http()), tryton.folder)
    with pytest.raises(OutcomeUnknown):
        unlucky.place_order(order)
    assert len(erp.find_order(order.key)) == 1


def test_a_refusal_after_the_sale_was_made_is_unknown_too(
    tryton: Tryton, erp: Connector, sold: dict[str, list[str]]
) -> None:
    order = _order(_line(sold["full"][0], "1", "10", "22"))
    unlucky = connect(tryton.settings(), Unlucky("sale.sale.search_read", _http(400), http()), tryton.folder)
    with pytest.raises(OutcomeUnknown):
        unlucky.place_order(order)
    assert len(erp.find_order(order.key)) == 1


@pytest.mark.parametrize("status", [403, 404, 405])
def test_what_stands_in_for_tryton_during_an_upgrade_refuses_no_order(
    tryton: Tryton, erp: Connector, sold: dict[str, list[str]], status: int
) -> None:
    order = _order(_line(sold["full"][0], "1", "10", "22"))
    unlucky = connect(tryton.settings(), Unlucky("product.product.search_read", _http(status), http()), tryton.folder)
    with pytest.raises(Unavailable) as error:
        unlucky.place_order(order)
    assert error.value.code == "not_there"
    assert erp.find_order(order.key) == ()


def test_before_anything_is_written_nothing_is_unknown(
    tryton: Tryton, erp: Connector, sold: dict[str, list[str]]
) -> None:
    order = _order(_line(sold["full"][0], "1", "10", "22"))
    unlucky = connect(tryton.settings(), Unlucky("product.product.search_read", _lost, http()), tryton.folder)
    with pytest.raises(Unavailable):
        unlucky.place_order(order)
    assert erp.find_order(order.key) == ()


def test_a_session_that_ended_is_opened_again(tryton: Tryton, sold: dict[str, list[str]]) -> None:
    order = _order(_line(sold["full"][0], "1", "10", "22"))
    ended = Unlucky("product.product.search_read", _http(401), http())
    placed = connect(tryton.settings(), ended, tryton.folder).place_order(order)
    assert (placed.gross, ended.left) == (order.gross, 0)


def test_no_secret_is_kept_of_what_went_over_the_wire(tryton: Tryton, sold: dict[str, list[str]]) -> None:
    client = http()
    connect(tryton.settings(), client, tryton.folder).place_order(_order(_line(sold["full"][0], "1", "10", "22")))
    kept = str(list(client.transcript))
    assert "common.db.login" in kept
    assert PASSWORD not in kept
    assert "Session " not in kept


def test_a_wrong_password_is_a_matter_of_time(tryton: Tryton, sold: dict[str, list[str]]) -> None:
    settings = tryton.settings()
    settings["connection"]["password"] = "wrong"
    with pytest.raises(Unavailable) as error:
        connect(settings, http(), tryton.folder).place_order(_order(_line(sold["full"][0], "1", "10", "22")))
    assert error.value.code == "login_refused"
    assert "wrong" not in error.value.detail
