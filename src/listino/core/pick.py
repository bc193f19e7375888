"""Which rules of a step win, and what each of them would make of the price."""

from collections.abc import Sequence
from decimal import Decimal

from listino.core.candidates import Candidate, StepCandidates
from listino.core.facts import Tax
from listino.core.filters import best_first, converted, quantity_for, refused, unit_ratio, value_at
from listino.core.limits import cost_of, tax_factor
from listino.core.money import HUNDRED, ONE, ZERO, rounded
from listino.core.question import Facts, NotApplied, Question, Running

FORMULA_DEPTH_MAX = 8
UNKNOWN = Decimal("Infinity")
Winner = tuple[Candidate, Decimal]


class Unpriced(Exception):
    """Resolving ends without a price, for a reason."""


class Pick:
    """The choice among candidates for one question, and the reasons of those that were not chosen."""

    __slots__ = ("carried_out", "facts", "question", "skipped", "tax", "tax_factor")

    def __init__(self, question: Question, facts: Facts) -> None:
        self.question = question
        self.facts = facts
        self.skipped: list[NotApplied] | None = [] if question.explain == "all" else None
        self.carried_out: list[tuple[StepCandidates, int]] = []
        self.tax = _tax_at(question, facts)
        self.tax_factor = ONE if self.tax is None else tax_factor(self.tax.percent)

    def winners(self, step: StepCandidates, running: Running | None, record: bool = True) -> Sequence[Winner]:
        """The rules of a step that apply, as its pick says: one, or all that pass, in rank order."""
        if step.sole:
            return step.sole
        skipped = self.skipped if record else None
        if step.lead and skipped is None:
            return step.lead
        question, facts, pick = self.question, self.facts, step.plan.pick
        passed: list[Winner] = []
        first: Candidate | None = None
        open_end = pick == "best" or pick == "all"
        for candidate in step.live:
            if first is not None and not open_end and candidate.group != first.group and skipped is None:
                break
            reason = None if candidate.free else refused(candidate, question, facts)
            if reason is not None:
                if skipped is not None:
                    skipped.append((step.plan.name, candidate.rule, *reason))
                continue
            if first is None:
                first = candidate
            elif not open_end and candidate.group != first.group:
                if skipped is not None:
                    skipped.append((step.plan.name, candidate.rule, "beaten", first))
                continue
            ready = candidate.ready
            value = ready.value if not ready.tiers else value_at(candidate, quantity_for(candidate, question, facts))
            passed.append((candidate, ZERO if value is None else value))
        winners = passed if len(passed) < 2 else self._ranked(step, passed, running)
        if len(winners) > 1 and pick != "all":
            if skipped is not None:
                skipped += [(step.plan.name, loser.rule, "beaten", winners[0][0]) for loser, _ in winners[1:]]
            winners = winners[:1]
        if record and step.timed:
            self._count(step, winners, open_end)
        return winners

    def _ranked(self, step: StepCandidates, passed: list[Winner], running: Running | None) -> list[Winner]:
        names = step.plan.moving_rank
        needs_outcome = "value" in names or step.plan.pick == "best"

        def place(winner: Winner) -> tuple[object, ...]:
            candidate, value = winner
            outcome = self._outcome(step, candidate, value, running) if needs_outcome else ZERO
            moving = best_first(names, candidate, outcome, self.question, self.facts)
            return (outcome, candidate.group, moving) if step.plan.pick == "best" else (candidate.group, moving)

        return sorted(passed, key=place)

    def _outcome(self, step: StepCandidates, candidate: Candidate, value: Decimal, running: Running | None) -> Decimal:
        """The net price per one unit that a rule would lead to: the less, the better for the customer.

        What cannot be worked out is no bargain: it comes last here, and is told only if it wins all the same.
        """
        try:
            if step.plan.kind == "price":
                _, amount, mode = self.price_by(candidate, value)
                return amount / candidate.rule.per / (self.tax_factor if mode == "gross" else ONE)
            if running is None or step.plan.kind == "limit":
                return value
            return self.adjusted(candidate, value, step, running, running.amount)
        except Unpriced:
            return UNKNOWN

    def _count(self, step: StepCandidates, winners: list[Winner], open_end: bool) -> None:
        """Remember up to which candidate of a step time could change the answer."""
        last = len(step.live)
        if winners and not open_end:
            access = winners[0][0].access
            while last and step.live[last - 1].access > access:
                last -= 1
        self.carried_out.append((step, last))

    def price_by(self, candidate: Candidate, value: Decimal, depth: int = 0) -> tuple[Decimal | None, Decimal, str]:
        """What a price comes from (for a formula), the price per its `per` in the question's unit, its tax mode."""
        rule, question, facts = candidate.rule, self.question, self.facts
        mode = candidate.list.tax_mode if candidate.list is not None else "net"
        formula = rule.formula
        if formula is None:
            if (
                candidate.own_currency
                and (rule.unit is None or rule.unit == question.unit)
                and question.unit == facts.item.unit
            ):
                return None, value, mode
            return (
                None,
                converted(value, candidate, question, facts) * unit_ratio(candidate, question, facts),
                mode,
            )
        if formula.list is not None:
            base = self._amount_in_list(formula.list, mode, depth + 1) * rule.per
        else:
            cost = cost_of(question, facts)
            if cost is None:
                raise Unpriced("cost_unknown")
            base = cost * rule.per * (self.tax_factor if mode == "gross" else ONE)
        amount = base * (ONE + formula.percent / HUNDRED)
        if formula.amount:
            amount += converted(formula.amount, candidate, question, facts) * unit_ratio(candidate, question, facts)
        if formula.rounding is not None:
            amount = rounded(amount, formula.rounding)
        return base, max(amount, ZERO), mode

    def _amount_in_list(self, code: str, mode: str, depth: int) -> Decimal:
        """The price of one unit in another list, in the tax mode that is wanted."""
        if depth > FORMULA_DEPTH_MAX:
            raise Unpriced("formula_loop")
        step = self.facts.lists.get(code)
        winners = self.winners(step, None, record=False) if step is not None else []
        if not winners:
            raise Unpriced("formula_without_price")
        candidate, value = winners[0]
        _, amount, own_mode = self.price_by(candidate, value, depth)
        amount /= candidate.rule.per
        if own_mode == mode:
            return amount
        if self.tax is None:
            raise Unpriced("tax_unknown")
        return amount * self.tax_factor if mode == "gross" else amount / self.tax_factor

    def adjusted(
        self, candidate: Candidate, value: Decimal, step: StepCandidates, running: Running, entry: Decimal
    ) -> Decimal:
        """What an allowance or charge leaves of the price; `entry` is the price as the step began."""
        rule, plan = candidate.rule, step.plan
        if rule.action == "percent":
            basis = rule.basis or plan.base
            if basis == "running":
                base = running.amount if plan.combine == "cascade" else entry
            elif basis == "price":
                base = running.first
            else:
                cost = cost_of(self.question, self.facts)
                if cost is None:
                    raise Unpriced("cost_unknown")
                base = cost * running.per * (self.tax_factor if running.tax_mode == "gross" else ONE)
            change = base * value / HUNDRED
        else:
            amount = converted(value, candidate, self.question, self.facts)
            change = amount * unit_ratio(candidate, self.question, self.facts) * running.per / rule.per
        if plan.kind == "charge":
            return running.amount + change
        return running.amount - change if change < running.amount else ZERO


def _tax_at(question: Question, facts: Facts) -> Tax | None:
    """The most fitting tax that is in force."""
    at = question.at
    for tax in facts.taxes:
        if (tax.valid_from is None or tax.valid_from <= at) and (tax.valid_to is None or at < tax.valid_to):
            return tax
    return None
