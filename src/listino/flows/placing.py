"""An order as the management system is to hold it, made of what was kept: lines and charges add up to its totals."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import msgspec

from listino.core.money import EXACT, HUNDRED, NINE_PLACES, ZERO, to_minor
from listino.core.orders import (
    Amounts,
    Charge,
    Order,
    OrderLine,
    Voucher,
    stated_amounts,
    tax_percent_of,
    to_minor_unit,
    total,
)
from listino.db.handover import KeptOrder
from listino.db.orders import LineRow
from listino.flows.records import strict
from listino.ports import LineToPlace, OrderToPlace

# A tax rounded once for the whole order may differ by this many coins on a line.
TAX_TOLERANCE_MINOR = 2
_decode = msgspec.json.Decoder(float_hook=Decimal).decode


def order_to_place(kept: KeptOrder, erp_customer: str | None = None) -> OrderToPlace:
    """An order with all that the store said of it and all that is charged.

    Shapes:  goods given by a rule, and what stands beside a line, are lines of their own; discounts of the whole
             order are in the lines, vouchers are charges below zero.
    """
    answer = _decode(kept.answer)
    order = _order_said(kept, answer)
    lines = tuple(_lines(kept, order, answer))
    charges = [_charge(charge, kept.currency) for charge in order.charges]
    charges += [_own_charge(charge) for charge in answer.get("own_charges", ())]
    charges += _voucher_charges(order.vouchers, kept, [*map(_amounts, lines), *map(_amounts, charges)])
    return OrderToPlace(
        key=f"{kept.store}/{kept.number}",
        id=kept.id,
        store=kept.store,
        order=order,
        channel=kept.channel,
        lines=lines,
        charges=tuple(charges),
        net=kept.net,
        tax=kept.tax,
        gross=kept.gross,
        taken_at=kept.taken_at,
        erp_customer=erp_customer,
    )


def _order_said(kept: KeptOrder, answer: Mapping[str, Any]) -> Order:
    """What the store said, put together again from where it was kept."""
    private = _decode(kept.private) if kept.private is not None else {}
    texts = private.pop("lines", None) or [{} for _ in kept.lines]
    private.pop("key", None)
    said = {name: value for name, value in _decode(kept.message).items() if value is not None} | private
    own = {"number": kept.number, "ordered_at": kept.ordered_at, "currency": kept.currency, "store": kept.store}
    order = strict(Order, said | own | {"channel": kept.channel, "customer": kept.customer, "lines": []})
    ids = [line.get("id") for line in answer["lines"]]
    lines = tuple(
        OrderLine(
            item=line.item, quantity=line.quantity, id=id, unit=line.unit, net_price=line.net_price, net=line.net,
            tax=line.tax, gross=line.gross, text=text.get("text"), fields=text.get("fields"),
        )
        for line, id, text in zip(kept.lines, ids, texts, strict=False)
    )  # fmt: skip
    return replace(order, lines=lines)


def _lines(kept: KeptOrder, order: Order, answer: Mapping[str, Any]) -> Iterator[LineToPlace]:
    for row, said, told in zip(kept.lines, order.lines, answer["lines"], strict=False):
        yield _line(row, said, told, kept.currency)
        yield from (_own_line(own, row.item) for own in told.get("own_lines", ()))
    for goods in answer.get("free_goods", ()):
        amounts = _told_amounts(goods)
        quantity = Decimal(goods["quantity"])
        yield LineToPlace(
            item=goods["item"], quantity=quantity, unit=goods["unit"], net_price=_per_unit(amounts.net, quantity),
            net=amounts.net, tax=amounts.tax, gross=amounts.gross, tax_percent=_decimal(goods.get("tax_percent")),
            text=goods.get("label"), kind="free", fields={"rule": goods["rule"]},
        )  # fmt: skip
        yield from (_own_line(own, goods["item"]) for own in goods.get("own_lines", ()))


def _line(row: LineRow, said: OrderLine, told: Mapping[str, Any], currency: str) -> LineToPlace:
    """A line as it was charged; its price per unit is before tax, and what was taken off the line is taken off it."""
    coin = to_minor_unit(currency) * 0
    amounts = Amounts(row.net or coin, row.tax or coin, row.gross or coin)
    net_price = row.net_price
    if net_price is None or to_minor(EXACT.multiply(net_price, row.quantity), currency) != amounts.net:
        net_price = _per_unit(amounts.net, row.quantity)
    percent = _decimal((told.get("price") or {}).get("tax_percent"))
    return LineToPlace(
        item=row.item, quantity=row.quantity, unit=row.unit, net_price=net_price, net=amounts.net, tax=amounts.tax,
        gross=amounts.gross, tax_percent=_percent(amounts, percent, currency), text=said.text, fields=said.fields,
    )  # fmt: skip


def _percent(amounts: Amounts, ours: Decimal | None, currency: str) -> Decimal | None:
    """The tax that was charged, as a percentage: ours where it comes to that, else what the amounts say."""
    if ours is not None:
        tax = to_minor(EXACT.multiply(amounts.net, ours) / HUNDRED, currency)
        if abs(tax - amounts.tax) <= TAX_TOLERANCE_MINOR * to_minor_unit(currency):
            return ours
    return tax_percent_of(amounts).quantize(Decimal("0.01"), context=EXACT) if amounts.net else ours


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


def _voucher_charges(vouchers: Sequence[Voucher], kept: KeptOrder, others: Iterable[Amounts]) -> list[Charge]:
    """What vouchers took off, below zero; the last takes what is left, so that all add up to the order's totals."""
    beside = total(tuple(others))
    left = Amounts(kept.net - beside.net, kept.tax - beside.tax, kept.gross - beside.gross)
    percent = tax_percent_of(beside)
    charges = []
    for place, voucher in enumerate(vouchers, 1):
        stated, _ = stated_amounts(voucher, percent, kept.currency)
        amounts = Amounts(-stated.net, -stated.tax, -stated.gross) if stated is not None else Amounts(ZERO, ZERO, ZERO)
        if place == len(vouchers):
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
