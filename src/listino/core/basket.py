"""The prices of many lines together: what is measured over all of them, offers, order discounts, charges, tax."""

from decimal import Decimal

from listino.core.basket_question import BasketLine as BasketLine
from listino.core.basket_question import BasketPrice as BasketPrice
from listino.core.basket_question import BasketQuestion as BasketQuestion
from listino.core.basket_question import PricedLine, Totals
from listino.core.money import ZERO
from listino.core.question import NoPrice, OwnCharge, Price
from listino.core.resolve import resolve
from listino.core.taxes import Amounts, Taxable, taxed


def gifts_wanted(lines: tuple[BasketLine, ...]) -> frozenset[str]:
    """The items that an offer in reach of some line could add: their facts are needed to price the basket."""
    return frozenset(
        candidate.rule.offer.item
        for line in lines
        for step in line.facts.steps
        if step.plan.kind == "basket"
        for candidate in step.live
        if candidate.rule.offer is not None and candidate.rule.offer.item is not None
    )


def priced_basket(basket: BasketQuestion) -> BasketPrice:
    """What lines cost that are bought together, and the rules of the basket that led to it.

    Shapes:  lines in any order: they are answered in it, and it changes no amount.
    Errors:  none: that a line has no price is an answer; the others are priced without it.
    Source:  docs/decisions/0010-baskets.md; EN 16931 BR-CO-10..17.
    """
    prices = [resolve(line.question, line.facts) for line in basket.lines]
    parts = [part for price in prices if isinstance(price, Price) for part in _taxables(price)]
    result = taxed(parts, basket.currency, basket.tax_rounding)
    amounts = iter(result.amounts)
    lines = tuple(
        PricedLine(line.id, price)
        if isinstance(price, NoPrice)
        else _priced_line(line.id, price, [next(amounts) for _ in range(1 + len(price.own_lines))])
        for line, price in zip(basket.lines, prices, strict=True)
    )
    net = sum((amount.net for amount in result.amounts), ZERO)
    tax = None if any(part.tax is None for part in parts) else sum((amount.tax for amount in result.amounts), ZERO)
    gross = None if tax is None else net + tax
    totals = Totals(net, tax, gross, result.rows, result.rounding)
    return BasketPrice(lines, (), (), totals, [], {}, basket.coupons)


def _taxables(price: Price) -> list[Taxable]:
    gross = price.price_list is not None and price.price_list.tax_mode == "gross" and price.gross is not None
    own = [Taxable(_own(charge, gross), gross, charge.tax_fact) for charge in price.own_lines]
    return [Taxable(price.gross if gross and price.gross is not None else price.net, gross, price.tax_fact), *own]


def _own(charge: OwnCharge, gross: bool) -> Decimal:
    return charge.gross if gross and charge.gross is not None else charge.net


def _priced_line(id: str, price: Price, amounts: list[Amounts]) -> PricedLine:
    own = tuple(
        charge._replace(net=part.net, tax=part.tax, gross=part.gross)
        for charge, part in zip(price.own_lines, amounts[1:], strict=True)
    )
    unknown = price.tax_fact is None
    line = amounts[0]
    return PricedLine(id, price, (), line.net, None if unknown else line.tax, None if unknown else line.gross, own)
