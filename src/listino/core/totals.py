"""What scales and requirements of a line measure over the whole basket, before any line is priced."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import NamedTuple

from listino.core.basket_question import BasketLine
from listino.core.candidates import Candidate, every_candidate
from listino.core.filters import refused, refused_by_context
from listino.core.measures import Bought, measured, own_quantity
from listino.core.question import NoPrice, Question
from listino.core.resolve import resolve
from listino.core.rules import Requirement, Scale
from listino.core.scales import named
from listino.core.within import within

MIX = "mix:"
# Reasons for which a rule does not apply at a quantity, as it would at another.
OF_TIERS = frozenset(["below_break", "above_break", "measure_unknown"])


class Measured(NamedTuple):
    """What the lines of a basket measure together, and of which lines it was taken."""

    totals: Mapping[str, Decimal | None]
    ids: frozenset[str]


def line_totals(lines: Sequence[BasketLine], unpriced: frozenset[str] = frozenset()) -> Measured | None:
    """What a question's `totals` say of these lines; None where no rule of a line measures more than it.

    Goods that come back are not measured, nor lines that are known to have no price. An amount is that at
    the price before discounts, so where one is asked for, lines are priced up to there first.
    """
    wanted = _Wanted([(line, candidate) for line in lines if line.facts.measured for candidate in _measuring(line)])
    if not wanted.anything:
        return None
    bought = [
        Bought(line, own_quantity(line))
        for line in lines
        if line.question.quantity > 0 and line.facts.refusal is None and line.id not in unpriced
    ]
    totals = wanted.measured_over(bought, {})
    if wanted.amounts:
        bought = [found for one in bought if (found := _at_price(one, totals)) is not None]
        totals = wanted.measured_over(bought, totals)
    return Measured(totals, frozenset(one.line.id for one in bought))


class _Wanted:
    """The measures that rules of lines ask for."""

    def __init__(self, candidates: list[tuple[BasketLine, Candidate]]) -> None:
        self.mixes: dict[str, list[tuple[BasketLine, Candidate]]] = {}
        self.required: dict[str, tuple[Requirement, list[tuple[BasketLine, Candidate]]]] = {}
        self.order = self.amounts = False
        for line, candidate in candidates:
            rule = candidate.rule
            if rule.scale is not None and rule.scale.by.startswith(MIX):
                self.mixes.setdefault(f"{rule.scale.by} {rule.scale.measure}", []).append((line, candidate))
            over: list[Scale | Requirement] = [need for need in rule.requires if need.by == "order"]
            if rule.scale is not None and rule.scale.by.startswith(("order", MIX)):
                over.append(rule.scale)
                self.order = self.order or rule.scale.by == "order"
            self.amounts = self.amounts or any(one.measure == "amount" for one in over)
            for index, requirement in enumerate(rule.requires):
                if requirement.by == "order":
                    self.required.setdefault(named(rule, index), (requirement, []))[1].append((line, candidate))
        self.anything = self.order or bool(self.mixes or self.required)

    def measured_over(self, bought: list[Bought], known: Mapping[str, Decimal | None]) -> dict[str, Decimal | None]:
        """Every measure over these lines; what was measured before decides which lines a mix has."""
        totals: dict[str, Decimal | None] = {}
        if self.order:
            totals |= {f"order {measure}": measured(bought, measure) for measure in ("quantity", "amount", "weight")}
        by_id = {one.line.id: one for one in bought}
        for name, (requirement, candidates) in self.required.items():
            unit = requirement.unit or candidates[0][1].rule.unit
            counted = _required(requirement, candidates, by_id)
            totals[name] = measured(counted, requirement.measure, requirement.basis, unit)
        for name, candidates in self.mixes.items():
            ids = {line.id for line, candidate in candidates if _mixes(line, candidate, {**known, **totals})}
            totals[name] = measured((by_id[id] for id in ids if id in by_id), name.rpartition(" ")[2])
        return totals


def _measuring(line: BasketLine) -> Iterator[Candidate]:
    """The candidates of a line's own steps that measure more than its quantity."""
    steps = [step for step in line.facts.steps if step.plan.kind != "basket"]
    every = every_candidate((*steps, *line.facts.lists.values()))
    return (candidate for candidate in every if not candidate.ready.plain)


def _required(
    requirement: Requirement, candidates: list[tuple[BasketLine, Candidate]], by_id: Mapping[str, Bought]
) -> Iterator[Bought]:
    """The lines that a requirement counts: those within its scope, or within its rule's own."""
    if requirement.scope is not None:
        for one in by_id.values():
            if within(requirement.scope, one.line.question, one.line.facts.circle):
                yield one
        return
    ids = {
        line.id for line, candidate in candidates if refused_by_context(candidate, line.question, line.facts) is None
    }
    for id, one in by_id.items():
        if id in ids:
            yield one


def _mixes(line: BasketLine, candidate: Candidate, totals: Mapping[str, Decimal | None]) -> bool:
    """Whether a rule of a mix would apply to a line, its tier apart."""
    reason = refused(candidate, asked(line, totals), line.facts)
    return reason is None or reason[0] in OF_TIERS


def asked(
    line: BasketLine, totals: Mapping[str, Decimal | None] | None, usage: Mapping[str, Decimal] | None = None
) -> Question:
    """A line's question as it stands in the basket; the line's own stays as it is."""
    return line.question.among(totals, line.question.usage if usage is None else usage)


def _at_price(one: Bought, totals: Mapping[str, Decimal | None]) -> Bought | None:
    """A line with its amounts at the price before discounts; None where it has no price."""
    steps = tuple(step for step in one.line.facts.steps if step.plan.kind in ("price", "choose"))
    question = asked(one.line, totals)
    question.explain = "none"
    price = resolve(question, replace(one.line.facts, steps=steps, measured=True))
    if isinstance(price, NoPrice):
        return None
    return one._replace(net=question.amount, gross=question.gross_amount)
