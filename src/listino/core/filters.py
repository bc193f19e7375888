"""Whether a candidate applies to a question, at what value, and which of several comes first."""

from datetime import datetime
from decimal import Decimal

from listino.core.arrange import unlike
from listino.core.candidates import Candidate, Circle, Reason
from listino.core.facts import Rate
from listino.core.keys import LETTER_OF
from listino.core.money import ONE, ZERO
from listino.core.question import Facts, Question
from listino.core.rules import Scope
from listino.core.windows import holds


def refused(candidate: Candidate, question: Question, facts: Facts) -> Reason | None:
    """Why a candidate does not apply to this question, or None when it does.

    A formula over a list that has no price for the item has none to give, and hides no other.
    """
    reason = _refused_itself(candidate, question, facts)
    formula = candidate.rule.formula
    if reason is not None or formula is None or formula.list is None:
        return reason
    source = facts.lists.get(formula.list)
    if source is None or all(_refused_itself(one, question, facts) is not None for one in source.live):
        return ("no_source_price", formula.list)
    return None


def _refused_itself(candidate: Candidate, question: Question, facts: Facts) -> Reason | None:
    rule = candidate.rule
    if not candidate.always:
        reason = refused_by_time(candidate, question.at)
        if reason is not None:
            return reason
        if rule.order_type is not None and rule.order_type != question.order_type:
            return ("wrong_order_type", rule.order_type)
        if any(within(scope, question, facts.circle) for scope in candidate.ready.exceptions):
            return ("unless", None)
    return refused_by_amount(candidate, question, facts)


def refused_by_time(candidate: Candidate, at: datetime) -> Reason | None:
    """Why a candidate does not hold at a moment; a group's or list's time counts as its own."""
    if holds(candidate.windows, at):
        return None
    starts = [start for start, _ in candidate.windows if start is not None and at < start]
    if starts:
        return ("not_yet_valid", min(starts))
    return ("expired", candidate.windows[-1][1])


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
        quantity = quantity_for(candidate, question, facts)
        if quantity < tiers[0][0]:
            return ("below_break", tiers[0][0])
        if value_at(candidate, quantity) is None:
            return ("above_break", tiers[-1][0])
    # A limit whose exchange rate is missing does not vanish: without it there is no price.
    if (
        rule.action != "limit"
        and not candidate.own_currency
        and rate_at(candidate.currency, question.currency, question.at, facts.circle) is None
    ):
        return ("no_rate", candidate.currency)
    return None


def quantity_for(candidate: Candidate, question: Question, facts: Facts) -> Decimal:
    """The question's quantity in the unit of a rule's breaks (the item's own where it has none)."""
    unit = candidate.rule.unit or facts.item.unit
    if unit == question.unit:
        return question.quantity
    return question.quantity * facts.factors[question.unit] / facts.factors[unit]


def value_at(candidate: Candidate, quantity: Decimal) -> Decimal | None:
    """The value that a rule's tiers give at a quantity; its only value where it has no tiers."""
    ready = candidate.ready
    if not ready.tiers:
        return ready.value
    value = None
    for start, tier_value in ready.tiers:
        if quantity < start:
            break
        value = tier_value
    return value


def tier_start(candidate: Candidate, question: Question, facts: Facts) -> Decimal:
    """From which quantity the tier that is reached holds; 0 for a rule without tiers."""
    quantity, reached = quantity_for(candidate, question, facts), ZERO
    for start, _ in candidate.ready.tiers:
        if quantity < start:
            break
        reached = start
    return reached


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


def rate_at(currency: str, to_currency: str, at: datetime, circle: Circle) -> Decimal | None:
    """The exchange rate at a moment: as stated, turned round, or over the company's currency."""
    if currency == to_currency:
        return ONE
    stated = _newest(circle.rates.get((currency, to_currency), ()), at)
    if stated is not None:
        return stated.rate
    turned = _newest(circle.rates.get((to_currency, currency), ()), at)
    if turned is not None:
        return ONE / turned.rate
    base = circle.base_currency
    if base in (currency, to_currency):
        return None
    first = rate_at(currency, base, at, circle)
    second = rate_at(base, to_currency, at, circle)
    return first * second if first is not None and second is not None else None


def _newest(rates: tuple[Rate, ...], at: datetime) -> Rate | None:
    valid = [
        rate
        for rate in rates
        if (rate.valid_from is None or rate.valid_from <= at) and (rate.valid_to is None or at < rate.valid_to)
    ]
    return max(valid, key=_age, default=None)


def _age(rate: Rate) -> tuple[bool, object, str]:
    return (rate.valid_from is not None, rate.valid_from or 0, rate.code)


def within(scope: Scope, question: Question, circle: Circle) -> bool:
    """Whether all that a scope sets holds for a question."""
    for field, letter in LETTER_OF.items():
        code = getattr(scope, field, None)
        if code is not None and (
            code not in circle.values.get(letter, ()) or not _holds(code, letter, question.at, circle)
        ):
            return False
    if scope.attributes is not None and unlike(scope.attributes, circle.attributes) is not None:
        return False
    return all(
        wanted is None or wanted == given
        for wanted, given in (
            (scope.channel, circle.channel),
            (scope.country, circle.country),
            (scope.currency, question.currency),
            (scope.unit, question.unit),
            (scope.order_type, question.order_type),
        )
    )


def _holds(code: str, letter: str, at: datetime, circle: Circle) -> bool:
    if letter != "G" or code not in circle.windows:
        return True
    return holds(circle.windows[code], at)


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
    if unit is None and candidate.rule.action == "percent":
        return False
    return (unit or facts.item.unit) != question.unit
