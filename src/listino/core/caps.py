"""What caps leave of a rule: for a line, or a whole basket, all of it, a part, or nothing."""

from decimal import Decimal

from listino.core.candidates import Candidate, Reason
from listino.core.money import EXACT, ONE, ZERO
from listino.core.question import Facts, Question, Running
from listino.core.rates import rate_at
from listino.core.rules import Rule
from listino.core.usage import customer_subject, in_this_line, in_this_order, rule_subject, used


def spent(rule: Rule, question: Question, facts: Facts) -> Reason | None:
    """Why a rule's caps leave nothing, or not enough, for this line; goods that come back use nothing."""
    caps = rule.caps
    if caps is None or question.quantity < 0:
        return None
    reason = exhausted(rule, question)
    if reason is not None:
        return reason
    left = quantity_left(rule, question, facts)
    if left is None or caps.beyond != "refuse":
        return None
    left += _in_asked(used(question, in_this_line(rule_subject(rule.code, "quantity"))), rule, question, facts)
    wanted = question.quantity if question.whole is None else question.whole
    return None if left >= wanted else ("cap_exceeded", left)


def exhausted(rule: Rule, question: Question) -> Reason | None:
    """Which of a rule's caps is used up to its end; without a customer none is counted by customer."""
    caps = rule.caps
    if caps is None:
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
    taken = rule_subject(rule.code, "quantity")
    # The line has the rule whole or not at all, also where the end of another one parts it.
    own = used(question, in_this_line(taken)) if caps.beyond == "refuse" else ZERO
    if caps.quantity is not None and used(question, taken) - own >= caps.quantity:
        return ("cap_exhausted", caps.quantity)
    return None


def quantity_left(rule: Rule, question: Question, facts: Facts) -> Decimal | None:
    """How many of the question's unit a rule's cap still holds; None where it has no such cap."""
    if rule.caps is None or rule.caps.quantity is None:
        return None
    left = rule.caps.quantity - used(question, rule_subject(rule.code, "quantity"))
    return _in_asked(left, rule, question, facts)


def _in_asked(quantity: Decimal, rule: Rule, question: Question, facts: Facts) -> Decimal:
    """A quantity of a rule's unit in the question's."""
    unit = rule.unit or facts.item.unit
    if unit == question.unit or unit not in facts.factors:
        return quantity
    return EXACT.divide(EXACT.multiply(quantity, facts.factors[unit]), facts.factors[question.unit])


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
    question, before = place[0], running.amount
    wanted = (before - amount) * question.quantity / running.per
    if question.quantity < 0 or wanted <= 0:
        return amount, None, None
    taken_off, reason = _amount_left(candidate, wanted, place, ONE)
    if reason is not None:
        return before, reason, None
    if taken_off == wanted:
        return amount, None, None
    return before - taken_off * running.per / question.quantity, None, taken_off


def capped_total(
    candidate: Candidate, wanted: tuple[Decimal, Decimal], place: tuple[Question, Facts], mode: Decimal
) -> tuple[Decimal, Decimal, str | None]:
    """What a rule's caps leave of what it would take off a basket, and on how many units: all, a part, or nothing.

    Units:   wanted: the total, and on how many units, in the item's own; mode: what one of the rule's
             amounts is in the basket, which may be net or gross.
    """
    total, units = wanted
    caps, left = candidate.rule.caps, units_left(candidate.rule, *place)
    if caps is not None and left is not None and left < units:
        if caps.beyond == "refuse":
            return ZERO, ZERO, "cap_exceeded"
        total, units = total * left / units, left
    total, reason = _amount_left(candidate, total, place, mode)
    return total, units, reason


def units_left(rule: Rule, question: Question, facts: Facts) -> Decimal | None:
    """How many units a rule's cap still holds, in the item's own unit; None where it has no such cap."""
    if rule.caps is None or rule.caps.quantity is None:
        return None
    left = rule.caps.quantity - used(question, rule_subject(rule.code, "quantity"))
    return left * facts.factors.get(rule.unit or facts.item.unit, ONE)


def _amount_left(
    candidate: Candidate, wanted: Decimal, place: tuple[Question, Facts], mode: Decimal
) -> tuple[Decimal, str | None]:
    """What caps on the amount leave of what a rule would take off, in the question's currency."""
    caps, (question, facts) = candidate.rule.caps, place
    if caps is None:
        return wanted, None
    subject = rule_subject(candidate.rule.code, "amount")
    rate = rate_at(candidate.currency, question.currency, question.at, facts.circle) or ONE
    if caps.amount is not None:
        left = (caps.amount - used(question, subject)) * rate
        if left < wanted:
            if caps.beyond == "refuse":
                return ZERO, "cap_exceeded"
            wanted = left
    if caps.amount_per_order is not None:
        left = caps.amount_per_order * mode - used(question, in_this_order(subject))
        wanted = min(wanted, max(left, ZERO) * rate)
    return wanted, None
