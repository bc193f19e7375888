"""The price of one line: the steps of a scheme, carried out on the rules that can apply."""

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal, getcontext, setcontext

from listino.core.candidates import Candidate, Ready, StepCandidates
from listino.core.facts import Rule, Tax
from listino.core.filters import best_first, converted, refused, unit_ratio, value_at
from listino.core.limits import limited, rounded_as_listed
from listino.core.money import EXACT, HUNDRED, ONE, QUANTA, ZERO, minor_digits, rounded
from listino.core.question import AppliedStep, Facts, NoPrice, NotApplied, Price, Question, Running
from listino.core.changes import next_change_at

FORMULA_DEPTH_MAX = 8


class NoPriceFound(Exception):
    """Resolving ends without a price, for a reason."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def resolve(question: Question, facts: Facts) -> Price | NoPrice:
    """The price of one line for this customer at this moment, and the steps that led to it.

    Shapes:  facts: per step of the scheme its candidate rules in rank order, 0 or more.
    Units:   question.quantity in question.unit, above 0; money exact; rounded once, at the end.
    Errors:  none: that there is no price is an answer.
    Source:  docs/decisions/0003-rules-and-scheme.md; EN 16931 BT-146..150.
    """
    context = getcontext()
    setcontext(EXACT)
    try:
        return _Resolution(question, facts).price()
    finally:
        setcontext(context)
