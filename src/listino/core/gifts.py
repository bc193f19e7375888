"""Goods that an offer adds to a basket: which items they can be, how many are given, and at what price."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal

from listino.core.basket_question import BasketLine, FreeGoods
from listino.core.caps import units_left
from listino.core.effects import Effect, Till
from listino.core.filters import converted
from listino.core.money import HUNDRED, ONE, SETTLED, ZERO
from listino.core.offer_goods import goods_of, in_basket
from listino.core.offers import times_bought
from listino.core.question import NoPrice, Price, Question
from listino.core.resolve import resolve
from listino.core.rules import Offer
from listino.core.standing import Scene, Standing
from listino.core.worth import tax_at


def gifts_wanted(lines: Iterable[BasketLine]) -> frozenset[str]:
    """The items that an offer in reach of some line could add: their facts are needed to price the basket."""
    return frozenset(
        candidate.rule.offer.item
        for line in lines
        for step in line.facts.steps
        if step.plan.kind == "basket"
        for candidate in step.live
        if candidate.rule.offer is not None and candidate.rule.offer.item is not None
    )


def gift_of(
    standing: Standing, gifts: Mapping[str, BasketLine], scene: Scene, till: Till
) -> tuple[Effect, FreeGoods | None]:
    """What an offer adds to the basket, or why nothing."""
    offer = in_basket(standing.rule.offer or Offer(), standing)
    _, goods = goods_of(standing, offer, scene)
    quantity = times_bought(offer, goods) * (offer.quantity or ONE)
    if offer.units_max is not None:
        quantity = min(quantity, offer.units_max)
    caps, left = standing.rule.caps, units_left(standing.rule, standing.question, standing.line.facts)
    if caps is not None and left is not None and left < quantity:
        if caps.beyond == "refuse":
            return Effect(reason="cap_exceeded"), None
        quantity = left
    if quantity <= 0:
        return Effect(reason="too_little_bought"), None
    line = gifts.get(offer.item or "")
    if line is None:
        return Effect(reason="unknown_gift"), None
    unit = offer.unit or line.facts.item.unit
    if unit not in line.facts.factors:
        return Effect(reason="unknown_gift"), None
    question = replace(line.question, quantity=quantity, unit=unit, usage=scene.usage)
    return _priced(standing, line, question, scene.plan.name, till)


def _priced(
    standing: Standing, line: BasketLine, question: Question, step: str, till: Till
) -> tuple[Effect, FreeGoods | None]:
    """The goods that are given at what the offer leaves of their own price."""
    offer = standing.rule.offer or Offer()
    found = resolve(question, line.facts)
    free = offer.reduction == "percent" and standing.value >= HUNDRED
    if isinstance(found, NoPrice) and not (found.reason == "no_price" and (free or offer.reduction == "price")):
        return Effect(reason=found.reason, until=found.next_change_at), None
    mode = found.tax_mode if isinstance(found, Price) else "gross" if till.gross else "net"
    full = ZERO
    if isinstance(found, Price):
        full = found.gross if mode == "gross" and found.gross is not None else found.net
    amount = till.rounded(_left(standing, offer, full, question.quantity))
    price = SETTLED.divide(amount, question.quantity)
    low = found.low / found.per if isinstance(found, Price) and found.low is not None else ZERO
    if price < low and not standing.rule.below_limit:
        return Effect(reason="limit_reached", until=found.next_change_at), None
    tax = tax_at(line.facts.taxes, question)
    goods = FreeGoods(
        step, standing.rule, standing.value, question.item, question.quantity, question.unit, price, mode, amount,
        None, None, tax, found.own_lines if isinstance(found, Price) else (),
    )  # fmt: skip
    units = question.quantity * line.facts.factors[question.unit]
    return Effect(benefit=full - amount, units=units, until=found.next_change_at), goods


def _left(standing: Standing, offer: Offer, full: Decimal, quantity: Decimal) -> Decimal:
    """What the goods that are given cost in all: never more than their own price, where they have one."""
    value = standing.value
    if offer.reduction == "percent":
        return full * (HUNDRED - value) / HUNDRED
    value = converted(value, standing.candidate, standing.question, standing.line.facts)
    if offer.reduction == "amount":
        return max(full - value * quantity, ZERO)
    return min(value * quantity, full) if full else value * quantity
