"""What caps leave of a rule: for a line whole, in part, or not at all."""

from decimal import Decimal

from listino.core.candidates import Candidate, Reason
from listino.core.money import EXACT, ONE, ZERO
from listino.core.question import Facts, Question, Running
from listino.core.rates import rate_at
from listino.core.rules import Rule
from listino.core.usage import customer_subject, in_this_order, rule_subject, used


def spent(rule: Rule, question: Question, facts: Facts) -> Reason | None:
    """Why a rule's caps leave nothing, or not enough, for this line; goods that come back use nothing."""
    caps = rule.caps
    if caps is None or question.quantity < 0:
        return None
    if caps.uses is not None and used(question, rule_subject(rule.code, "uses")) >= caps.uses:
        return ("cap_exhausted", caps.uses)
    customer = question.customer
    if caps.per_customer is not None and customer is not None:
        uses = used(question, customer_subject(rule.code, customer))
        if uses >= caps.per_customer:
            return ("cap_exhausted", caps.per_customer)
    if caps.amount is not None and used(question, rule_subject(rule.code, "amount")) >= caps.amount:
        return ("cap_exhausted", caps.amount)
    left = quantity_left(rule, question, facts)
    if left is None or left >= question.quantity:
        return None
    if left <= 0:
        return ("cap_exhausted", caps.quantity)
    return ("cap_exceeded", left) if caps.beyond == "refuse" else None


def quantity_left(rule: Rule, question: Question, facts: Facts) -> Decimal | None:
    """How many of the question's unit a rule's cap still holds; None where it has no such cap."""
    if rule.caps is None or rule.caps.quantity is None:
        return None
    left = rule.caps.quantity - used(question, rule_subject(rule.code, "quantity"))
    unit = rule.unit or facts.item.unit
    if unit == question.unit:
        return left
    return EXACT.divide(EXACT.multiply(left, facts.factors[unit]), facts.factors[question.unit])


def splits(candidate: Candidate, question: Question, facts: Facts) -> Decimal | None:
    """After how many of the question's unit a rule that applies ends within the line, if it does."""
    caps = candidate.rule.caps
    if caps is None or caps.beyond != "split" or question.quantity < 0:
        return None
    left = quantity_left(candidate.rule, question, facts)
    return left if left is not None and left < question.quantity else None


def capped_reduction(
    candidate: Candidate, running: Running, amount: Decimal, place: tuple[Question, Facts]
) -> tuple[Decimal, str | None, Decimal | None]:
    """What caps on the amount leave of a reduction to a price: all, a part, or nothing with the reason.

    Shapes:  at the end, what they let it take off the line, where that is only a part.
    """
    question, facts = place
    caps, before = candidate.rule.caps, running.amount
    taken_off = wanted = (before - amount) * question.quantity / running.per
    if caps is None or question.quantity < 0 or wanted <= 0:
        return amount, None, None
    rate = rate_at(candidate.currency, question.currency, question.at, facts.circle) or ONE
    if caps.amount is not None:
        left = (caps.amount - used(question, rule_subject(candidate.rule.code, "amount"))) * rate
        if taken_off > left:
            if caps.beyond == "refuse":
                return before, "cap_exceeded", None
            taken_off = left
    if caps.amount_per_order is not None:
        before_it = used(question, in_this_order(rule_subject(candidate.rule.code, "amount")))
        taken_off = min(taken_off, max(caps.amount_per_order - before_it, ZERO) * rate)
    if taken_off == wanted:
        return amount, None, None
    return before - taken_off * running.per / question.quantity, None, taken_off
