"""What an order comes to: its lines at the prices that were charged, and what of ours stands beside them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from listino.core.basket_question import FreeGoods, OrderCharge
from listino.core.orders import (
    LINE_TOLERANCE_MINOR,
    PAYMENT_TOLERANCE_MINOR,
    Amounts,
    Charge,
    Order,
    OrderLine,
    contradicts,
    differs,
    paid,
    stated_amounts,
    tax_percent_of,
    to_minor_unit,
    total,
)
from listino.core.question import OwnCharge
from listino.db.snapshot import Snapshot
from listino.flows.basket import Basket
from listino.flows.comparison import DIFFERENCE, Asking, TakenLine, compared_lines, states_amounts
from listino.flows.ours import Ours, our_prices, whole
from listino.flows.price import Asked, line_of

NOTHING: frozenset[int] = frozenset()


@dataclass(slots=True)
class Quoted:
    """What a quote promises to an order: its lines without those `given`, which are the promised free goods.

    `revision` is the one that it was worked out from again; `asked`: the other lines, with what was set by hand.
    """

    name: str
    revision: int
    context: Asked
    basket: Basket
    ours: Ours
    given: frozenset[int]
    asked: list[Asked]


@dataclass(slots=True)
class Bought:
    """What was ordered at our prices: lines, and what the basket adds to them where the store says no amounts.

    `as_basket` says that the basket's own rules were used: the store says nothing else.
    """

    lines: tuple[TakenLine, ...]
    basket: Basket | None
    as_basket: bool = False
    free_goods: tuple[FreeGoods, ...] = ()
    charges: tuple[OrderCharge, ...] = ()
    held: list[str] = field(default_factory=list)


def bought(book: Snapshot, order: Order, context: Asked, quoted: Quoted | None) -> Bought:
    """The lines of an order beside our prices: those of its quote, or those of now and of before.

    A store may list goods that an offer gives as lines that cost nothing.
    """
    if quoted is not None:
        return _bought(book, order, quoted.context, quoted, quoted.given)
    found = _bought(book, order, context, None, NOTHING)
    given = lines_for_nothing(order)
    if found.basket is None or not any(DIFFERENCE in found.lines[index].held for index in given):
        return found
    without = _bought(book, order, context, None, given)
    return found if any(DIFFERENCE in without.lines[index].held for index in given) else without


def lines_for_nothing(order: Order) -> frozenset[int]:
    """The places of lines that the store says cost nothing."""
    return frozenset(
        index for index, line in enumerate(order.lines) if 0 in {line.net_price, line.net, line.gross} - {None}
    )


def asked_lines(order: Order, context: Asked, given: frozenset[int] = NOTHING) -> list[Asked]:
    """What an order's lines ask for, without those that are given."""
    return [
        line_of(context, line.item, line.quantity, line.unit)
        for index, line in enumerate(order.lines)
        if index not in given
    ]


def _bought(book: Snapshot, order: Order, context: Asked, quoted: Quoted | None, given: frozenset[int]) -> Bought:
    asked = quoted.asked if quoted is not None else asked_lines(order, context, given)
    said = [line for index, line in enumerate(order.lines) if index not in given]
    ours = quoted.ours if quoted is not None else our_prices(book, context, asked)
    compared = iter(compared_lines(Asking(book, order, context, asked, said), ours, quoted=quoted is not None))
    goods = list(ours.basket.price.free_goods) if ours.basket is not None else []
    lines = tuple(
        _given(order, index, goods) if index in given else next(compared) for index in range(len(order.lines))
    )
    found = Bought(lines, ours.basket)
    if ours.basket is not None:
        _add_beside(found, order, goods, ours.basket, promised=quoted is not None)
    return found


def _given(order: Order, index: int, goods: list[FreeGoods]) -> TakenLine:
    """A line that costs nothing: one of the goods that an offer gives, which is taken from them, or a difference."""
    said = order.lines[index]
    amounts, _ = stated_amounts(said, None, order.currency)
    is_gift = taken_from(goods, said)
    return TakenLine(said, amounts, None, () if is_gift else (DIFFERENCE,), None)


def taken_from(goods: list[FreeGoods], said: OrderLine) -> bool:
    """Take what a line says from the goods that are given for nothing, if it is one of them."""
    for place, one in enumerate(goods):
        if one.item == said.item and one.quantity == said.quantity and said.unit in {None, one.unit} and not one.net:
            del goods[place]
            return True
    return False


def _add_beside(found: Bought, order: Order, goods: Sequence[FreeGoods], basket: Basket, *, promised: bool) -> None:
    """What the basket adds: charged where the store says no amounts, else looked for among what it charged."""
    if not any(states_amounts(line) for line in order.lines):
        found.as_basket = True
        found.free_goods, found.charges = tuple(goods), basket.price.charges
        return
    found.as_basket = promised or all(_is_as_priced(line, order.currency) for line in found.lines)
    wanted: list[OrderCharge | FreeGoods | OwnCharge] = [*basket.price.charges]
    if promised:
        found.free_goods = tuple(one for one in goods if not one.net)
        wanted += [one for one in goods if one.net]
    for line in found.lines:
        if line.priced is not None and states_amounts(line.said) and not _holds_own_lines(line, order.currency):
            wanted += line.priced.own_lines
    if wanted and _is_missing(order, wanted):
        found.held.append("charge_difference")


def _is_as_priced(line: TakenLine, currency: str) -> bool:
    """Whether a line comes to what the basket makes of it, without what stands beside it."""
    priced, amounts = line.priced, line.amounts
    if priced is None or priced.net is None or amounts is None:
        return True
    return not differs(amounts, (priced.net, priced.gross), currency, line.said)


def _holds_own_lines(line: TakenLine, currency: str) -> bool:
    """Whether a store has put what stands beside a line into it."""
    priced, amounts = line.priced, line.amounts
    if priced is None or amounts is None:
        return False
    together = total((whole(priced), *(whole(own) for own in priced.own_lines)))
    return bool(priced.own_lines) and not differs(amounts, (together.net, together.gross), currency, line.said)


def _is_missing(order: Order, wanted: Sequence[OrderCharge | FreeGoods | OwnCharge]) -> bool:
    """Whether a charge of ours is not among the store's; those of one rule may stand there as one."""
    stated = [stated_amounts(charge, charge.tax_percent, order.currency)[0] for charge in order.charges]
    left = [amounts for amounts in stated if amounts is not None]
    by_rule: dict[str, list[Amounts]] = {}
    for one in wanted:
        by_rule.setdefault(one.rule.code, []).append(whole(one))
    return not all(
        _taken_out(left, [total(tuple(group))], order.currency) or _taken_out(left, group, order.currency)
        for group in by_rule.values()
    )


def _taken_out(left: list[Amounts], wanted: Sequence[Amounts], currency: str) -> bool:
    """Take amounts out of those that are left, each by its net or gross, if all of them are there."""
    tolerance, still = LINE_TOLERANCE_MINOR * to_minor_unit(currency), left.copy()
    for one in wanted:
        alike = (
            there
            for there in still
            if abs(there.net - one.net) <= tolerance or abs(there.gross - one.gross) <= tolerance
        )
        found = next(alike, None)
        if found is None:
            return False
        still.remove(found)
    left[:] = still
    return True


def totals_of(order: Order, found: Bought, held: list[str]) -> tuple[tuple[Charge, ...], Amounts]:
    """The order's totals; a payment that differs by rounding alone becomes a rounding line."""
    parts = list(_amounts_of(found))
    for charge in order.charges:
        amounts, contradictory = stated_amounts(charge, charge.tax_percent, order.currency)
        parts += [amounts] if amounts is not None else []
        held += ["amounts_do_not_add_up"] if contradictory else []
    percent = tax_percent_of(total(tuple(parts)))
    for voucher in order.vouchers:
        amounts, _ = stated_amounts(voucher, percent, order.currency)
        if amounts is not None:
            parts.append(Amounts(-amounts.net, -amounts.tax, -amounts.gross))
    totals, charges = total(tuple(parts)), order.charges
    if order.totals is not None and contradicts(order.totals, totals, order.currency):
        held.append("amounts_do_not_add_up")
    if totals.gross < 0:
        held.append("total_below_zero")
    if any(payment.currency not in {None, order.currency} for payment in order.payments):
        held.append("payment_currency")
        return charges, totals
    received = paid(order.payments)
    if received is None or received == totals.gross:
        return charges, totals
    difference = received - totals.gross
    if abs(difference) > PAYMENT_TOLERANCE_MINOR * to_minor_unit(order.currency):
        held.append("payment_difference")
        return charges, totals
    rounding = Charge(kind="rounding", net=difference, tax=difference - difference, gross=difference)
    return (*charges, rounding), Amounts(totals.net + difference, totals.tax, totals.gross + difference)


def _amounts_of(found: Bought) -> Iterator[Amounts]:
    """What is charged for the lines and for what of ours stands beside them."""
    for line in found.lines:
        if line.amounts is not None:
            yield line.amounts
    parts: list[FreeGoods | OrderCharge | OwnCharge] = [*found.free_goods, *found.charges]
    parts += [own for goods in found.free_goods for own in goods.own_lines]
    parts += [own for line in found.lines for own in line.own_lines]
    yield from map(whole, parts)
