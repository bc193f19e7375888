"""Whether a candidate applies to a question, at what value, and which of several comes first."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from listino.core.candidates import Candidate, Reason
from listino.core.caps import spent
from listino.core.facts import Item, PriceAttribute
from listino.core.money import ONE
from listino.core.question import Facts, Question
from listino.core.rates import rate_at
from listino.core.ready import FOR_EVER
from listino.core.rules import Rule, Scope
from listino.core.scales import measure_of, tier_start, unmet, value_at
from listino.core.windows import Window, holds
from listino.core.within import within


def refused(candidate: Candidate, question: Question, facts: Facts, asked_by: tuple[str, ...] = ()) -> Reason | None:
    """Why a candidate does not apply to this question, or None when it does.

    A formula over a list that has no price for the item has none to give, and hides no other; one that
    comes back to a list that asks (`asked_by`) is told when its price is made.
    """
    reason, ready, formula = refused_by_context(candidate, question, facts), candidate.ready, candidate.rule.formula
    if reason is None and not ready.plain:
        reason = _refused_by_need(candidate, question, facts)
    if reason is None and (ready.tiers or not candidate.own_currency or candidate.rule.unit is not None):
        reason = refused_by_amount(candidate, question, facts)
    if reason is not None or formula is None:
        return reason
    if formula.attribute is not None and attribute_of(formula.attribute, facts.item) is None:
        return ("no_attribute", formula.attribute)
    code = candidate.ready.source
    if code is None or code in asked_by:
        return None
    source = facts.lists.get(code)
    if source is None or all(refused(one, question, facts, (*asked_by, code)) is not None for one in source.live):
        return ("no_source_price", code)
    return None


def could_price(candidate: Candidate, question: Question, facts: Facts, asked_by: tuple[str, ...] = ()) -> bool:
    """Whether a price rule holds for who asks, for what and when, at whatever quantity, unit or currency.

    A list that a formula starts from (`asked_by` the others) must have its price in a currency that can be had.
    """
    reason = refused_by_context(candidate, question, facts)
    if reason is not None and (asked_by or reason[0] != "unless"):
        return False
    if reason is not None and excepted(candidate.ready.exceptions, question, facts):
        return False
    if asked_by and not candidate.own_currency and _unknown_rate(candidate, question, facts) is not None:
        return False
    formula, source = candidate.rule.formula, candidate.ready.source
    if formula is None:
        return True
    if formula.attribute is not None:
        return attribute_of(formula.attribute, facts.item) is not None
    if source is None or source in asked_by:
        return True
    listed = facts.lists.get(source)
    return listed is not None and any(could_price(one, question, facts, (*asked_by, source)) for one in listed.live)


def excepted(scopes: Iterable[Scope], question: Question, facts: Facts) -> bool:
    """Whether one of a rule's exceptions holds here, whatever unit and currency are asked for."""
    return any(
        scope.unit is None and scope.currency is None and within(scope, question, facts.circle) for scope in scopes
    )


def attribute_of(name: str, item: Item) -> PriceAttribute | None:
    """An item's price attribute of a name."""
    return next((found for found in item.price_attributes if found.name == name), None)


def refused_by_context(candidate: Candidate, question: Question, facts: Facts) -> Reason | None:
    """Why a candidate does not hold for who asks, for what and when, whatever it measures."""
    rule = candidate.rule
    if not candidate.always:
        at = question.at if question.delivery_at is None else dated(rule, question)
        if not holds(candidate.windows, at):
            return refused_by_time(candidate.windows, at)
        if candidate.granted is not FOR_EVER and not holds(candidate.granted, question.at):
            return refused_by_time(candidate.granted, question.at)
        if rule.order_type is not None and rule.order_type != question.order_type:
            return ("wrong_order_type", rule.order_type)
        exceptions = candidate.ready.exceptions
        if exceptions and any(within(scope, question, facts.circle) for scope in exceptions):
            return ("unless", None)
    if question.hidden and candidate.in_chain and candidate.list is not None and candidate.list.code in question.hidden:
        return ("list_displaced", candidate.list.code)
    return None


def _refused_by_need(candidate: Candidate, question: Question, facts: Facts) -> Reason | None:
    """Why what a rule requires, or what is left of it, rules it out."""
    rule = candidate.rule
    if rule.code in question.without:
        return ("cap_exhausted", rule.caps.quantity if rule.caps is not None else None)
    if rule.unit is not None and rule.unit not in facts.factors:
        return ("wrong_unit", rule.unit)
    if rule.caps is not None and (rule.caps.amount is not None or rule.caps.amount_per_order is not None):
        reason = _unknown_rate(candidate, question, facts)
        if reason is not None:
            return reason
    return unmet(candidate, question, facts) or spent(rule, question, facts)


def dated(rule: Rule, question: Question) -> datetime:
    """The moment by which a rule's validity is judged: the order's, or (where it says so) the delivery's."""
    if rule.dated_by == "delivery" and question.delivery_at is not None:
        return question.delivery_at
    return question.at


def refused_by_time(windows: tuple[Window, ...], at: datetime) -> Reason:
    """Why what holds at other times does not at a moment; a group's or list's time counts as its own."""
    starts = [start for start, _ in windows if start is not None and at < start]
    if starts:
        return ("not_yet_valid", min(starts))
    return ("expired", windows[-1][1])


def refused_by_amount(candidate: Candidate, question: Question, facts: Facts) -> Reason | None:
    """Why a candidate does not hold for this unit, currency or quantity."""
    rule = candidate.rule
    if (
        rule.unit is not None
        and rule.unit != question.unit
        and (rule.action == "percent" or rule.unit not in facts.factors)
    ):
        return ("wrong_unit", rule.unit)
    tiers = candidate.ready.tiers
    if tiers:
        measure = measure_of(candidate, question, facts)
        if measure is None:
            return ("measure_unknown", rule.scale.measure if rule.scale is not None else None)
        if measure < tiers[0][0]:
            return ("below_break", tiers[0][0])
        if value_at(candidate, measure) is None:
            return ("above_break", tiers[-1][0])
    # A limit whose exchange rate is missing does not vanish: without it there is no price.
    if rule.action != "limit" and not candidate.own_currency:
        return _unknown_rate(candidate, question, facts)
    return None


def _unknown_rate(candidate: Candidate, question: Question, facts: Facts) -> Reason | None:
    known = rate_at(candidate.currency, question.currency, question.at, facts.circle) is not None
    return None if known else ("no_rate", candidate.currency)


def unit_ratio(candidate: Candidate, question: Question, facts: Facts) -> Decimal:
    """How many units of a rule's value the question's unit holds."""
    unit = candidate.rule.unit or facts.item.unit
    if unit == question.unit:
        return ONE
    return facts.factors[question.unit] / facts.factors[unit]


def converted(amount: Decimal, candidate: Candidate, question: Question, facts: Facts) -> Decimal:
    """An amount of a rule in the question's currency, exact."""
    if candidate.own_currency:
        return amount
    rate = rate_at(candidate.currency, question.currency, question.at, facts.circle)
    return amount * rate if rate is not None else amount


def best_first(
    names: tuple[str, ...], candidate: Candidate, outcome: Decimal, question: Question, facts: Facts
) -> tuple[object, ...]:
    """The moving part of a rank, what depends on quantity, unit and outcome filled in; smaller is first."""
    if not candidate.moving:
        return ()
    key: list[object] = list(candidate.moving)
    for index, name in enumerate(names):
        if name == "own_unit":
            key[index] = _is_foreign_unit(candidate, question, facts)
        elif name == "tier":
            key[index] = -tier_start(candidate, question, facts)
        elif name == "value":
            key[index] = outcome
    return tuple(key)


def _is_foreign_unit(candidate: Candidate, question: Question, facts: Facts) -> bool:
    """Whether a value is stated in another unit than the question's; a percentage is stated in none."""
    unit = candidate.rule.unit
    if unit is None and not candidate.ready.in_money:
        return False
    return (unit or facts.item.unit) != question.unit
