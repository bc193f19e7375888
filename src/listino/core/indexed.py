"""Surcharges that follow a quotation, as of a metal: what they come to for one unit of an item."""

from collections.abc import Sequence
from decimal import Decimal

from listino.core.candidates import Candidate
from listino.core.facts import Item, Quotation
from listino.core.money import ONE, ZERO
from listino.core.question import Facts, Question, Unpriced
from listino.core.rates import rate_at
from listino.core.windows import holds

# How many kilograms one of a quotation's units of weight holds.
KILOGRAMS = {"KGM": ONE, "GRM": Decimal("0.001"), "TNE": Decimal(1000), "DTN": Decimal(100)}


def surcharge(candidate: Candidate, question: Question, facts: Facts) -> Decimal:
    """(quotation - reference) x what the item holds of it, net, for one of the question's unit.

    Errors:  Unpriced where the quotation, or an exchange rate, is missing.
    """
    indexed = candidate.rule.indexed
    if indexed is None or not holds_any(indexed.measure, facts.item):
        return ZERO
    quoted = newest(facts.quotations.get(indexed.quotation, ()), question)
    if quoted is None:
        raise Unpriced("quotation_unknown")
    held = held_by(facts.item, indexed.measure, quoted)
    rate = _rate(quoted.currency or facts.circle.base_currency, question, facts)
    change = (quoted.value - indexed.reference) / quoted.per * held * rate
    if indexed.lowest is not None:
        change = max(change, indexed.lowest * _rate(candidate.currency, question, facts))
    return change * facts.factors[question.unit]


def _rate(currency: str, question: Question, facts: Facts) -> Decimal:
    rate = rate_at(currency, question.currency, question.at, facts.circle)
    if rate is None:
        raise Unpriced("no_rate")
    return rate


def holds_any(measure: str, item: Item) -> bool:
    """Whether an item holds any of what is quoted: one that holds none needs no quotation."""
    if measure == "weight":
        return bool(item.weight)
    return any(held.name == measure and held.value for held in item.measures)


def held_by(item: Item, measure: str, quoted: Quotation) -> Decimal:
    """How much of what is quoted one of an item's unit holds, in the quotation's unit."""
    if measure == "weight":
        return (item.weight or ZERO) / KILOGRAMS.get(quoted.unit, ONE)
    return next((held.value for held in item.measures if held.name == measure), ZERO)


def newest(quotations: Sequence[Quotation], question: Question) -> Quotation | None:
    """The quotation in force at the question's moment; they stand newest first."""
    at = question.at
    for quoted in quotations:
        if holds(((quoted.valid_from, quoted.valid_to),), at):
            return quoted
    return None
