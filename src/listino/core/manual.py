"""Rules that a person sets for one line: the same record as any other, before all others."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from listino.core.arrange import currency_of
from listino.core.candidates import Candidate, Circle, StepCandidates
from listino.core.errors import malformed
from listino.core.money import plain
from listino.core.question import Facts, Question
from listino.core.rates import rate_at
from listino.core.ready import FOR_EVER, Ready
from listino.core.rules import Rule

# The step in which a discount set by hand competes, where a scheme has one of this name.
MANUAL_STEP = "manual"
_DECIMALS = frozenset(["value", "per"])


@dataclass(frozen=True, slots=True, kw_only=True)
class ManualRule(Rule):
    """A rule that a person set for one line, and who did: the name of the key that asked."""

    actor: str | None = None


def arranged_manual(step: StepCandidates, rules: Iterable[Rule], circle: Circle) -> StepCandidates:
    """A step with the rules that a person set for one line, before all others and in their order.

    A price that is set holds also where the step would pick the best for the buyer.
    """
    mine = [Ready(rule) for rule in rules if rule.step == step.plan.name]
    if not mine:
        return step
    manual = []
    for place, ready in enumerate(mine, -len(mine)):
        currency = currency_of(ready.rule, circle)
        own_currency = not ready.in_money or currency == circle.currency
        manual.append(Candidate(ready.rule, ready, place, -1, (), FOR_EVER, currency, own_currency, None, True, False))
    plan = step.plan
    if plan.kind == "price" and plan.pick == "best":
        plan = replace(plan, pick="first")
    return StepCandidates(plan, (*manual, *step.live), step.dead, step.timed)


def placed(rules: Sequence[Rule], question: Question, facts: Facts) -> tuple[Rule, ...]:
    """Rules set by hand, each in the step in which it competes and with the currency and unit that it means.

    Where the step lies in a choice, the rule stands in that of each chain.
    Errors:  Malformed for a step that the scheme has not, or that is of another kind; a unit without factor;
             a currency without rate; a second rule where only one can win.
    """
    found: list[Rule] = []
    steps = {step.plan.name: step.plan for step in _every(facts.steps)}
    for index, rule in enumerate(rules):
        if rule.action != "percent":
            rule = replace(rule, currency=rule.currency or question.currency, unit=rule.unit or question.unit)
            _check_money(rule, f"manual[{index}]", question, facts)
        names = [rule.step] if rule.step is not None else list(_own_steps(rule, facts.steps))
        if not names or any(name not in steps or steps[name].kind not in _kinds_of(rule) for name in names):
            named = "has no such step" if rule.step is None else f"cannot have it in the step {rule.step!r}"
            choices = ", ".join(name for name, plan in steps.items() if plan.kind in _kinds_of(rule))
            text = f"The scheme of this price {named}."
            raise malformed(f"manual[{index}].step", "unknown_step", text, f"Name one of: {choices or 'none there'}.")
        for name in names:
            if steps[name].pick != "all" and any(other.step == name for other in found):
                text = f"In the step {name!r} one rule wins, so the second would do nothing."
                raise malformed(f"manual[{index}].step", "two_rules", text, "Send one rule, or name another step.")
            found.append(replace(rule, step=name))
    return tuple(found)


def _check_money(rule: Rule, field: str, question: Question, facts: Facts) -> None:
    """Refuse an amount that would mean nothing here.

    Errors:  Malformed.
    """
    if rule.unit is not None and rule.unit not in facts.factors:
        text = f"Item {facts.item.code!r} has no factor for the unit {rule.unit!r}."
        raise malformed(f"{field}.unit", "unknown_unit", text, f"Send one of: {', '.join(sorted(facts.factors))}.")
    currency = rule.currency or question.currency
    if rate_at(currency, question.currency, question.at, facts.circle) is None:
        text = f"There is no rate from {currency} to {question.currency}."
        raise malformed(f"{field}.currency", "no_rate", text, f"State it in {question.currency}.")


def _kinds_of(rule: Rule) -> tuple[str, ...]:
    """In which kinds of steps a rule may be: a price in a discount's step is an offer price."""
    if rule.action == "price":
        return ("price", "allowance", "charge")
    return ("charge",) if rule.sign == "charge" else ("allowance",)


def _own_steps(rule: Rule, steps: tuple[StepCandidates, ...]) -> Iterator[str]:
    """The step of a rule that names none: for discounts the one for rules set by hand, or the last; else the first."""
    kind = _kinds_of(rule)[0]
    names = [step.plan.name for step in steps if step.plan.kind == kind]
    if names:
        last = MANUAL_STEP if MANUAL_STEP in names else names[-1]
        yield last if kind == "allowance" else names[0]
        return
    for chain in next((step.chains for step in steps if step.chains), ()):
        yield from _own_steps(rule, chain)


def _every(steps: tuple[StepCandidates, ...]) -> Iterator[StepCandidates]:
    for step in steps:
        yield step
        for chain in step.chains:
            yield from _every(chain)


def said_of(rule: Rule) -> dict[str, str]:
    """A rule set by hand as plain texts, for whoever must know later what was set."""
    said: dict[str, str] = {}
    for name in ("code", "action", "sign", "step", "value", "currency", "unit", "per", "tax_mode", "label", "reason"):
        value = getattr(rule, name)
        if value is not None:
            said[name] = plain(value) if isinstance(value, Decimal) else value
    if rule.final is not None:
        said["final"] = "true" if rule.final else "false"
    return said | ({"actor": rule.actor} if isinstance(rule, ManualRule) and rule.actor is not None else {})


def rule_of(said: Mapping[str, str]) -> ManualRule:
    """The rule that plain texts say."""
    values: dict[str, Any] = {name: Decimal(value) if name in _DECIMALS else value for name, value in said.items()}
    if "final" in values:
        values["final"] = values["final"] == "true"
    return ManualRule(**values)
