"""An order as the management system is to hold it, made of what was kept: lines and charges add up to its totals."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from listino.core.money import EXACT, HUNDRED, NINE_PLACES, ZERO, to_minor
from listino.core.order_key import erp_key
from listino.core.orders import (
    Amounts,
    Charge,
    Order,
    OrderLine,
    stated_amounts,
    tax_percent_of,
    to_minor_unit,
    total,
)
from listino.db.orders import OrderRead
from listino.flows.stored_orders import order_of
from listino.ports import LineToPlace, OrderToPlace

CENT = Decimal("0.01")
# A tax rounded once for the whole order may differ by this many coins on a line.
TAX_TOLERANCE_MINOR = 2
_decode = msgspec.json.Decoder(float_hook=Decimal).decode


def order_to_place(found: OrderRead, erp_customer: str | None = None) -> OrderToPlace:
    """An order with all that the store said of it and all that is charged.

    Shapes:  goods given by a rule, and what stands beside a line, are lines of their own; discounts of the whole
             order are in the lines, vouchers are charges below zero.
    """
    answer, order = _decode(found.answer), order_of(found)
    totals = Amounts(*(Decimal(answer[name]) for name in ("net", "tax", "gross")))
    lines = tuple(_lines(order, answer))
    charges = [_charge(charge, order.currency) for charge in order.charges]
    charges += [_own_charge(charge) for charge in answer.get("own_charges", ())]
    charges += _voucher_charges(order, totals, [*map(_amounts, lines), *map(_amounts, charges)])
    return OrderToPlace(
        key=erp_key(found.store, found.number),
        id=found.id,
        store=found.store,
        order=order,
        channel=answer["channel"],
        lines=lines,
        charges=tuple(charges),
        net=totals.net,
        tax=totals.tax,
        gross=totals.gross,
        taken_at=datetime.fromisoformat(answer["taken_at"]),
        erp_customer=erp_customer,
    )


def _lines(order: Order, answer: Mapping[str, Any]) -> Iterator[LineToPlace]:
    for said, told in zip(order.lines, answer["lines"], strict=True):
        yield _line(said, told, order.currency)
        yield from (_own_line(own, said.item) for own in told.get("own_lines", ()))
    for goods in answer.get("free_goods", ()):
        amounts, quantity = _told_amounts(goods), Decimal(goods["quantity"])
        yield LineToPlace(
            item=goods["item"], quantity=quantity, unit=goods["unit"], net_price=_per_unit(amounts.net, quantity),
            net=amounts.net, tax=amounts.tax, gross=amounts.gross, tax_percent=_decimal(goods.get("tax_percent")),
            text=goods.get("label"), kind="free", fields={"rule": goods["rule"]},
        )  # fmt: skip
        yield from (_own_line(own, goods["item"]) for own in goods.get("own_lines", ()))


def _line(said: OrderLine, told: Mapping[str, Any], currency: str) -> LineToPlace:
    """A line as it was charged; its price per unit is before tax, and what was taken off the line is taken off it."""
    nothing = to_minor_unit(currency) * 0
    amounts = Amounts(*(nothing if told[name] is None else Decimal(told[name]) for name in ("net", "tax", "gross")))
    net_price = _decimal(told["net_price"])
    if net_price is None or to_minor(EXACT.multiply(net_price, said.quantity), currency) != amounts.net:
        net_price = _per_unit(amounts.net, said.quantity)
    percent = _decimal((told["price"] or {}).get("tax_percent"))
    return LineToPlace(
        item=said.item, quantity=said.quantity, unit=told["unit"], net_price=net_price, net=amounts.net,
        tax=amounts.tax, gross=amounts.gross, tax_percent=_percent(amounts, percent, currency), text=said.text,
        fields=said.fields,
    )  # fmt: skip


def _percent(amounts: Amounts, ours: Decimal | None, currency: str) -> Decimal | None:
    """The tax that was charged, as a percentage: ours where it comes to that, else what the amounts say."""
    if ours is not None:
        tax = to_minor(EXACT.multiply(amounts.net, ours) / HUNDRED, currency)
        if abs(tax - amounts.tax) <= TAX_TOLERANCE_MINOR * to_minor_unit(currency):
            return ours
    return tax_percent_of(amounts).quantize(CENT, context=EXACT) if amounts.net else ours


def _own_line(own: Mapping[str, Any], beside: str) -> LineToPlace:
    """A deposit, an eco tax: named by its rule, of which the ERP may know a code."""
    amounts, quantity = _told_amounts(own), Decimal(own["quantity"])
    return LineToPlace(
        item=own["rule"], quantity=quantity, unit=None, net_price=_per_unit(amounts.net, quantity), net=amounts.net,
        tax=amounts.tax, gross=amounts.gross, tax_percent=_decimal(own.get("tax_percent")), text=own.get("label"),
        kind="own_line", fields={"beside": beside},
    )  # fmt: skip


def _charge(charge: Charge, currency: str) -> Charge:
    """A charge of the store with its amounts completed."""
    amounts, _ = stated_amounts(charge, charge.tax_percent, currency)
    coin = to_minor_unit(currency) * 0
    amounts = amounts or Amounts(coin, coin, coin)
    return Charge(
        kind=charge.kind, net=amounts.net, tax=amounts.tax, gross=amounts.gross, tax_percent=charge.tax_percent,
        text=charge.text, more=charge.more,
    )  # fmt: skip


def _own_charge(told: Mapping[str, Any]) -> Charge:
    """Freight or a fee of our rules."""
    amounts = _told_amounts(told)
    return Charge(
        kind="charge", net=amounts.net, tax=amounts.tax, gross=amounts.gross,
        tax_percent=_decimal(told.get("tax_percent")), text=told.get("label"), more={"rule": told["rule"]},
    )  # fmt: skip


def _voucher_charges(order: Order, totals: Amounts, others: Iterable[Amounts]) -> list[Charge]:
    """What vouchers took off, below zero; the last takes what is left, so that all add up to the order's totals."""
    beside = total(tuple(others))
    left = Amounts(totals.net - beside.net, totals.tax - beside.tax, totals.gross - beside.gross)
    percent = tax_percent_of(beside)
    charges = []
    for place, voucher in enumerate(order.vouchers, 1):
        stated, _ = stated_amounts(voucher, percent, order.currency)
        amounts = Amounts(-stated.net, -stated.tax, -stated.gross) if stated is not None else Amounts(ZERO, ZERO, ZERO)
        if place == len(order.vouchers):
            amounts = left
        left = Amounts(left.net - amounts.net, left.tax - amounts.tax, left.gross - amounts.gross)
        more = {"code": voucher.code} if voucher.code is not None else None
        charges.append(
            Charge(
                kind="voucher", net=amounts.net, tax=amounts.tax, gross=amounts.gross,
                text=voucher.text or voucher.code, more=more,
            )
        )  # fmt: skip
    return charges


def _amounts(part: LineToPlace | Charge) -> Amounts:
    return Amounts(part.net or ZERO, part.tax or ZERO, part.gross or ZERO)


def _told_amounts(told: Mapping[str, Any]) -> Amounts:
    """Amounts as they were answered; where no tax is known, none is charged."""
    net = Decimal(told["net"])
    if told.get("tax") is None or told.get("gross") is None:
        return Amounts(net, net - net, net)
    return Amounts(net, Decimal(told["tax"]), Decimal(told["gross"]))


def _per_unit(net: Decimal, quantity: Decimal) -> Decimal:
    return EXACT.divide(net, quantity).quantize(NINE_PLACES, context=EXACT) if quantity else ZERO


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
