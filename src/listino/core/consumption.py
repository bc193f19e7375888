"""What an order of a basket would use up of caps and contracts, by subject, for the ledger."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import NamedTuple

from listino.core.arrange import currency_of
from listino.core.basket_question import BasketLine
from listino.core.basket_steps import Applied
from listino.core.measures import own_quantity
from listino.core.money import ONE, ZERO
from listino.core.pieces import rules_in
from listino.core.question import Facts, Price, Question
from listino.core.rates import rate_at
from listino.core.rules import Rule
from listino.core.usage import contract_subject, customer_subject, rule_subject
from listino.core.windows import holds


class Use(NamedTuple):
    """So much of a subject; of what is counted in orders (`once`) one for all lines of an order."""

    subject: str
    amount: Decimal
    once: bool = False


def added_up(uses: Iterable[Use]) -> dict[str, Decimal]:
    """What is used, by subject."""
    usage: dict[str, Decimal] = {}
    for use in uses:
        if use.once:
            usage[use.subject] = use.amount
        elif use.amount:
            usage[use.subject] = usage.get(use.subject, ZERO) + use.amount
    return usage


def uses_of_line(line: BasketLine, price: Price) -> Iterator[Use]:
    """What a line uses up of the caps of the rules that made its price; goods that come back use nothing."""
    if price.quantity < 0:
        return
    facts = line.facts
    capped = {rule.code: rule for step in facts.steps for _, rule in rules_in(step) if rule.caps is not None}
    for part in price.segments or (price,):
        quantity = part.quantity * facts.factors[part.unit]
        for _, kind, code, _, _, before, after in part.steps if capped else ():
            rule = capped.get(code or "")
            if rule is not None:
                off = ZERO if kind != "allowance" or before is None else (before - after) * part.quantity / part.per
                yield from _uses_of(rule, line.question, facts, (quantity, off))


def uses_of_rule(applied: Applied) -> Iterator[Use]:
    """What a rule of the basket uses up of its own caps."""
    standing = applied.standing
    yield from _uses_of(standing.rule, standing.question, standing.line.facts, (applied.units, applied.amount))


def uses_of_contracts(line: BasketLine, net: Decimal) -> Iterator[Use]:
    """What a line counts for under each contract of the buyer that holds for it."""
    question, facts = line.question, line.facts
    for code, contract in facts.contracts.items() if question.quantity > 0 else ():
        if not holds(((contract.valid_from, contract.valid_to),), question.at):
            continue
        quantity = own_quantity(line)
        yield Use(contract_subject(code, "quantity"), quantity)
        rate = rate_at(question.currency, contract.currency or facts.circle.base_currency, question.at, facts.circle)
        if rate is not None:
            yield Use(contract_subject(code, "amount"), net * rate)
        if facts.item.weight is not None:
            yield Use(contract_subject(code, "weight"), quantity * facts.item.weight)


def _uses_of(rule: Rule, question: Question, facts: Facts, used: tuple[Decimal, Decimal]) -> Iterator[Use]:
    """Of (units in the item's own unit, amount off in the question's currency) what the rule's caps count."""
    caps, (units, off) = rule.caps, used
    if caps is None:
        return
    if caps.uses is not None:
        yield Use(rule_subject(rule.code, "uses"), ONE, once=True)
    if caps.per_customer is not None and question.customer is not None:
        yield Use(customer_subject(rule.code, question.customer), ONE, once=True)
    if caps.quantity is not None:
        yield Use(rule_subject(rule.code, "quantity"), units / facts.factors.get(rule.unit or facts.item.unit, ONE))
    if caps.amount is not None:
        own = currency_of(rule, facts.circle)
        yield Use(
            rule_subject(rule.code, "amount"), off / (rate_at(own, question.currency, question.at, facts.circle) or ONE)
        )
