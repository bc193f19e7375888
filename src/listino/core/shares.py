"""What a rule of the basket did, told so that somebody can work it out again."""

from collections.abc import Iterator
from decimal import Decimal

from listino.core.basket_question import Share, Whole
from listino.core.effects import Effect, Till
from listino.core.money import ONE
from listino.core.pieces import Piece
from listino.core.rates import rate_at
from listino.core.scheme import StepPlan
from listino.core.standing import Standing


def whole_of(standing: Standing, effect: Effect, plan: StepPlan, till: Till) -> Whole:
    """What a rule comes to in all, with what its value means."""
    rule, candidate, question = standing.rule, standing.candidate, standing.question
    basis = currency = rate = mode = times = None
    if rule.action == "percent":
        said = rule.basis or plan.base
        basis = said if said != "running" or plan.combine != "cascade" else None
    elif rule.action != "indexed" and not (rule.offer is not None and rule.offer.reduction == "percent"):
        if not candidate.own_currency:
            currency = candidate.currency
            rate = rate_at(currency, question.currency, question.at, standing.line.facts.circle)
        mode = rule.tax_mode if rule.tax_mode is not None and (rule.tax_mode == "gross") != till.gross else None
        times = _times(standing)
    action = rule.action if rule.offer is None else f"{rule.action}:{rule.offer.reduction}"
    base = effect.base if rule.action in ("percent", "indexed") else None
    return Whole(action, effect.total, effect.capped, basis, currency, rate, mode, times, base)


def _times(standing: Standing) -> Decimal | None:
    """How often an amount counts: once, or for each unit that a graduated scale measures."""
    rule, line = standing.rule, standing.line
    if rule.scale is None or rule.scale.kind != "graduated" or rule.offer is not None:
        return None
    unit = rule.unit or line.facts.item.unit
    return standing.measure / (line.facts.factors[unit] if rule.scale.measure == "quantity" else ONE)


def shares_of(standing: Standing, effect: Effect, plan: StepPlan, whole: Whole) -> Iterator[tuple[Piece, Share]]:
    """What each piece bears of a rule, also where the coin or a limit leaves it nothing."""
    rule = standing.rule
    kind = "charge" if rule.sign == "charge" or rule.action == "indexed" else "allowance"
    for piece, base, amount, cut, units in effect.parts:
        if base or amount or cut:
            of_units = units if rule.offer is not None else None
            label = rule.label or plan.label
            yield piece, Share(plan.name, kind, rule.code, label, standing.value, amount, base, cut, of_units, whole)
