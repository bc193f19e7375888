"""Rules that a person sets for one line: the same record as any other, before all others."""

from collections.abc import Iterable

from listino.core.arrange import currency_of
from listino.core.candidates import Candidate, Circle, StepCandidates
from listino.core.ready import FOR_EVER, Ready
from listino.core.rules import Rule


def arranged_manual(step: StepCandidates, rules: Iterable[Rule], circle: Circle) -> StepCandidates:
    """A step with the rules that a person set for one line, before all others and in their order."""
    mine = [Ready(rule) for rule in rules if rule.step == step.plan.name]
    if not mine:
        return step
    manual = []
    for place, ready in enumerate(mine, -len(mine)):
        currency = currency_of(ready.rule, circle)
        own_currency = not ready.in_money or currency == circle.currency
        manual.append(Candidate(ready.rule, ready, place, -1, (), FOR_EVER, currency, own_currency, None, True, False))
    return StepCandidates(step.plan, (*manual, *step.live), step.dead, step.timed)
