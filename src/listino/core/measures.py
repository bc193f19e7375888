"""What is bought, measured over many lines: quantities, amounts and weights."""

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from listino.core.basket_question import BasketLine
from listino.core.money import ZERO


class Bought(NamedTuple):
    """A line as it is measured.

    Units:   quantity in the item's own unit, above 0; net and gross of the whole line in the
             question's currency (gross None where no tax is known, both before there is a price).
    """

    line: BasketLine
    quantity: Decimal
    net: Decimal | None = None
    gross: Decimal | None = None


def own_quantity(line: BasketLine) -> Decimal:
    """What is asked for, in the item's own unit."""
    question, facts = line.question, line.facts
    return question.quantity if question.unit == facts.item.unit else question.quantity * facts.factors[question.unit]


def measured(bought: Iterable[Bought], measure: str, basis: str = "net", unit: str | None = None) -> Decimal | None:
    """A measure of what is bought, added up; None where one of them has an unknown weight.

    Units:   quantity in `unit`, of the lines that can be counted in it (without it, each in its item's
             own); weight in kilograms.
    """
    total = ZERO
    for one in bought:
        if measure == "weight":
            weight = one.line.facts.item.weight
            if weight is None:
                return None
            total += one.quantity * weight
        elif measure == "amount":
            total += (one.gross if basis == "gross" else one.net) or ZERO
        elif unit is None:
            total += one.quantity
        elif unit in one.line.facts.factors:
            total += one.quantity / one.line.facts.factors[unit]
    return total
