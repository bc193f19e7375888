"""What is used up of caps and contracts, under which subjects, and what it leaves: orders use up, asking never does."""

from collections.abc import Iterator
from decimal import Decimal

from listino.core.candidates import Candidate, Reason, StepCandidates
from listino.core.keys import SEPARATOR
from listino.core.money import EXACT, ZERO
from listino.core.question import Facts, Question
from listino.core.rules import Rule

PERIOD = "period:"


def rule_subject(code: str, measure: str) -> str:
    """What of a rule is used up by all: its `uses`, `quantity` or `amount`."""
    return SEPARATOR.join(("rule", code, measure))


def customer_subject(code: str, customer: str) -> str:
    """How often one customer has used a rule."""
    return SEPARATOR.join(("rule", code, "customer", customer))


def contract_subject(code: str, measure: str) -> str:
    """What was ordered under a contract: `quantity`, `amount` or `weight`."""
    return SEPARATOR.join(("contract", code, measure))


def subjects_of(facts: Facts, customer: str | None) -> list[str]:
    """The subjects on which a price by these facts can depend, for this customer."""
    found: dict[str, None] = {}
    for step in (*facts.steps, *facts.lists.values()):
        for rule in _rules_in(step):
            found |= dict.fromkeys(_subjects_of(rule, customer))
    return list(found)


def _rules_in(step: StepCandidates) -> Iterator[Rule]:
    for candidate in step.live:
        yield candidate.rule
    for chain in step.chains:
        for inner in chain:
            yield from _rules_in(inner)


def _subjects_of(rule: Rule, customer: str | None) -> Iterator[str]:
    caps = rule.caps
    if caps is not None:
        for measure in ("uses", "quantity", "amount"):
            if getattr(caps, measure) is not None:
                yield rule_subject(rule.code, measure)
        if caps.per_customer is not None and customer is not None:
            yield customer_subject(rule.code, customer)
    if rule.scale is not None and rule.scale.by.startswith(PERIOD):
        yield contract_subject(rule.scale.by.removeprefix(PERIOD), rule.scale.measure)
    for requirement in rule.requires:
        if requirement.by.startswith(PERIOD):
            yield contract_subject(requirement.by.removeprefix(PERIOD), requirement.measure)


def used(question: Question, subject: str) -> Decimal:
    """How much of something was used up before the question."""
    return question.usage.get(subject, ZERO) if question.usage is not None else ZERO


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
