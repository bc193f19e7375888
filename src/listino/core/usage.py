"""What is used up of caps and contracts, under which subjects, and what it leaves: orders use up, asking never does."""

from collections.abc import Iterator
from decimal import Decimal

from listino.core.candidates import every_candidate
from listino.core.keys import SEPARATOR
from listino.core.money import ZERO
from listino.core.question import Facts, Question
from listino.core.rules import Rule

PERIOD = "period:"


def rule_subject(code: str, measure: str) -> str:
    """What of a rule is used up by all: its `uses`, `quantity` or `amount`."""
    return SEPARATOR.join(("rule", code, measure))


def in_this_order(subject: str) -> str:
    """What of a subject the lines before have taken in the same order; it stands in no ledger."""
    return SEPARATOR.join((subject, "order"))


def in_this_line(subject: str) -> str:
    """What of a subject the parts before have taken of the same line; it stands in no ledger."""
    return SEPARATOR.join((subject, "line"))


def customer_subject(code: str, customer: str) -> str:
    """How often one customer has used a rule."""
    return SEPARATOR.join(("rule", code, "customer", customer))


def contract_subject(code: str, measure: str) -> str:
    """What was ordered under a contract: `quantity`, `amount` or `weight`."""
    return SEPARATOR.join(("contract", code, measure))


def subjects_of(facts: Facts, customer: str | None) -> list[str]:
    """The subjects on which a price by these facts can depend, for this customer."""
    found: dict[str, None] = {}
    for candidate in every_candidate((*facts.steps, *facts.lists.values())):
        found |= dict.fromkeys(_subjects_of(candidate.rule, customer))
    return list(found)


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
