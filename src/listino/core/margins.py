"""What is left of a price once the goods are paid for."""

from decimal import Decimal, localcontext

from listino.core.limits import cost_of
from listino.core.money import EXACT, HUNDRED, QUANTA, to_minor
from listino.core.question import Facts, Question


def line_cost(question: Question, facts: Facts) -> Decimal | None:
    """What the goods of a line cost the company, in the line's currency; None where that is not known.

    Units:   at the currency's minor unit, as the line's net amount is.
    """
    with localcontext(EXACT):
        try:
            cost = cost_of(question, facts)
            return None if cost is None else to_minor(cost * question.quantity, question.currency)
        except ArithmeticError:
            return None


def percent_of(part: Decimal | None, whole: Decimal | None) -> Decimal | None:
    """How many percent a part is of a whole, to two digits; None where either is unknown or the whole is nothing."""
    if part is None or not whole:
        return None
    return EXACT.divide(EXACT.multiply(part, HUNDRED), whole).quantize(QUANTA[2], context=EXACT)
