"""The price of one line: the steps of a scheme, carried out on the rules that can apply."""

from datetime import datetime
from decimal import Decimal, getcontext, setcontext

from listino.core.candidates import Candidate, StepCandidates, arranged_manual
from listino.core.changes import next_change_at
from listino.core.facts import Tax
from listino.core.filters import best_first, converted, quantity_for, refused, unit_ratio, value_at
from listino.core.limits import Bounds, cost_of, limit_amount, narrowed, rounded_as_listed, tax_factor
from listino.core.money import EXACT, HUNDRED, ONE, QUANTA, ZERO, minor_digits, rounded, to_minor
from listino.core.question import AppliedStep, Facts, NoPrice, NotApplied, Price, Question, Running

FORMULA_DEPTH_MAX = 8
Winner = tuple[Candidate, Decimal]


class _NoPrice(Exception):
    """Resolving ends without a price, for a reason."""


def resolve(question: Question, facts: Facts) -> Price | NoPrice:
    """The price of one line for this customer at this moment, and the steps that led to it.

    Shapes:  facts: per step of the scheme its candidate rules in rank order, 0 or more.
    Units:   question.quantity in question.unit, above 0; money exact, rounded once, at the end.
    Errors:  none: that there is no price is an answer.
    Source:  docs/decisions/0003-rules-and-scheme.md; EN 16931 BT-146..150.
    """
    context = getcontext()
    setcontext(EXACT)
    try:
        work = _Work(question, facts)
        try:
            if facts.refusal is not None:
                raise _NoPrice(facts.refusal)
            work.carry_out()
            return work.price()
        except _NoPrice as ending:
            return work.no_price(str(ending))
    finally:
        setcontext(context)


class _Work:
    """One resolution under way: the running price, and what has led to it."""

    __slots__ = (
        "bounds",
        "carried_out",
        "facts",
        "final",
        "question",
        "running",
        "skipped",
        "steps",
        "tax",
        "tax_factor",
    )

    def __init__(self, question: Question, facts: Facts) -> None:
        self.question = question
        self.facts = facts
        self.running: Running | None = None
        self.steps: list[AppliedStep] = []
        self.skipped: list[NotApplied] | None = [] if question.explain == "all" else None
        self.carried_out: list[tuple[StepCandidates, int]] = []
        self.final: Candidate | None = None
        self.bounds: Bounds | None = None
        self.tax = _tax_at(question, facts)
        self.tax_factor = ONE if self.tax is None else tax_factor(self.tax.percent)

    def carry_out(self) -> None:
        """Every step of the scheme in its order."""
        manual = self.question.manual
        for step in self.facts.steps:
            kind = step.plan.kind
            if manual:
                step = arranged_manual(step, manual, self.facts.circle)
            if kind == "price":
                if self.running is None:
                    self._price(step)
            elif self.running is None:
                self._skip_all(step, "no_price_yet")
            elif kind == "allowance" or kind == "charge":
                if kind == "allowance" and self.final is not None:
                    self._skip_all(step, "stopped_by_final")
                elif step.live:
                    self._adjust(step, self.running)
            elif kind == "limit":
                if step.live:
                    self._limit(step, self.running)
            elif kind == "rounding":
                self._round(step, self.running)
            if self.skipped is not None:
                self.skipped += [(step.plan.name, rule, reason, detail) for rule, (reason, detail) in step.dead]

    def _price(self, step: StepCandidates) -> None:
        winners = self._winners(step)
        if not winners:
            return
        candidate, value = winners[0]
        base, amount, mode = self._amount(candidate, value, 0)
        per = candidate.rule.per
        self.running = Running(amount, per, amount, mode, candidate.list, candidate)
        if mode == "gross" and self.tax is None:
            raise _NoPrice("tax_unknown")
        rule = candidate.rule
        shown = value if rule.formula is None else rule.formula.percent
        self.steps.append((step.plan.name, "price", rule.code, rule.label or step.plan.label, shown, base, amount))
        if rule.final:
            self.final = candidate

    def _amount(self, candidate: Candidate, value: Decimal, depth: int) -> tuple[Decimal | None, Decimal, str]:
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
                raise _NoPrice("cost_unknown")
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
            raise _NoPrice("formula_loop")
        step = self.facts.lists.get(code)
        winners = self._winners(step, record=False) if step is not None else []
        if not winners:
            raise _NoPrice("formula_without_price")
        candidate, value = winners[0]
        _, amount, own_mode = self._amount(candidate, value, depth)
        amount /= candidate.rule.per
        if own_mode == mode:
            return amount
        return amount * self.tax_factor if mode == "gross" else amount / self.tax_factor

    def _adjust(self, step: StepCandidates, running: Running) -> None:
        """Allowances and charges: percentages and amounts off or on the running price."""
        plan = step.plan
        entry = running.amount
        for candidate, value in self._winners(step):
            before = running.amount
            running.amount = self._adjusted(candidate, value, step, running, entry)
            rule = candidate.rule
            self.steps.append(
                (plan.name, plan.kind, rule.code, rule.label or plan.label, value, before, running.amount)
            )
            if rule.final:
                self.final = candidate

    def _adjusted(
        self, candidate: Candidate, value: Decimal, step: StepCandidates, running: Running, entry: Decimal
    ) -> Decimal:
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
                    raise _NoPrice("cost_unknown")
                base = cost * running.per * (self.tax_factor if running.tax_mode == "gross" else ONE)
            change = base * value / HUNDRED
        else:
            amount = converted(value, candidate, self.question, self.facts)
            change = amount * unit_ratio(candidate, self.question, self.facts) * running.per / rule.per
        if plan.kind == "charge":
            return running.amount + change
        return running.amount - change if change < running.amount else ZERO

    def _limit(self, step: StepCandidates, running: Running) -> None:
        self.bounds = self.bounds or Bounds()
        for candidate, value in self._winners(step):
            amount = limit_amount(candidate, value, running, self.question, self.facts, self.tax_factor)
            if amount is None:
                raise _NoPrice("limit_unknown")
            before = running.amount
            running.amount = narrowed(self.bounds, candidate, amount, before)
            rule, plan = candidate.rule, step.plan
            if running.amount != before:
                label = rule.label or plan.label
                self.steps.append((plan.name, "limit", rule.code, label, amount, before, running.amount))
            elif self.skipped is not None:
                self.skipped.append((plan.name, rule, "limit_kept", amount))

    def _round(self, step: StepCandidates, running: Running) -> None:
        before = running.amount
        if running.list is None:
            return
        running.amount = rounded_as_listed(running, self.bounds or Bounds())
        if running.amount != before:
            plan = step.plan
            self.steps.append(
                (plan.name, "rounding", None, plan.label or running.list.name, None, before, running.amount)
            )

    def _winners(self, step: StepCandidates, record: bool = True) -> list[Winner]:
        """The rules of a step that apply, as its pick says: one, or all that pass, in rank order."""
        question, facts, pick = self.question, self.facts, step.plan.pick
        skipped = self.skipped if record else None
        passed: list[Winner] = []
        first: Candidate | None = None
        open_end = pick == "best" or pick == "all"
        for candidate in step.live:
            if first is not None and not open_end and candidate.group != first.group and skipped is None:
                break
            reason = refused(candidate, question, facts)
            if reason is not None:
                if skipped is not None:
                    skipped.append((step.plan.name, candidate.rule, *reason))
                continue
            first = first or candidate
            if not open_end and candidate.group != first.group:
                if skipped is not None:
                    skipped.append((step.plan.name, candidate.rule, "beaten", first))
                continue
            ready = candidate.ready
            value = ready.value if not ready.tiers else value_at(candidate, quantity_for(candidate, question, facts))
            passed.append((candidate, ZERO if value is None else value))
        winners = passed if len(passed) < 2 else self._ranked(step, passed)
        if len(winners) > 1 and pick != "all":
            if skipped is not None:
                skipped += [(step.plan.name, loser.rule, "beaten", winners[0][0]) for loser, _ in winners[1:]]
            winners = winners[:1]
        if record and facts.timed:
            self._count(step, winners, open_end)
        return winners

    def _ranked(self, step: StepCandidates, passed: list[Winner]) -> list[Winner]:
        names = step.plan.moving_rank
        needs_outcome = "value" in names or step.plan.pick == "best"

        def place(winner: Winner) -> tuple[object, ...]:
            candidate, value = winner
            outcome = self._outcome(step, candidate, value) if needs_outcome else ZERO
            moving = best_first(names, candidate, outcome, self.question, self.facts)
            return (outcome, candidate.group, moving) if step.plan.pick == "best" else (candidate.group, moving)

        return sorted(passed, key=place)

    def _outcome(self, step: StepCandidates, candidate: Candidate, value: Decimal) -> Decimal:
        """The price per one unit that a rule would lead to: the less, the better for the customer."""
        if step.plan.kind == "price":
            return self._amount(candidate, value, 0)[1] / candidate.rule.per
        if self.running is None or step.plan.kind == "limit":
            return value
        return self._adjusted(candidate, value, step, self.running, self.running.amount)

    def _count(self, step: StepCandidates, winners: list[Winner], open_end: bool) -> None:
        """Remember up to which candidate of a step time could change the answer."""
        last = len(step.live)
        if winners and not open_end:
            access = winners[0][0].access
            while last and step.live[last - 1].access > access:
                last -= 1
        self.carried_out.append((step, last))

    def _skip_all(self, step: StepCandidates, reason: str) -> None:
        if self.skipped is not None:
            for candidate in step.live:
                own = refused(candidate, self.question, self.facts) or (reason, self.final)
                self.skipped.append((step.plan.name, candidate.rule, *own))

    def price(self) -> Price:
        """The answer, once all steps are carried out."""
        running, question = self.running, self.question
        if running is None:
            raise _NoPrice("no_price")
        tax, factor, currency = self.tax, self.tax_factor, question.currency
        line = running.amount * question.quantity / running.per
        net: Decimal
        tax_amount: Decimal | None = None
        gross: Decimal | None = None
        gross_price: Decimal | None = None
        if running.tax_mode == "net":
            net_price = running.amount
            net = to_minor(line, currency)
            if tax is not None:
                tax_amount = to_minor(net * tax.percent / HUNDRED, currency)
                gross = net + tax_amount
                gross_price = net_price if factor == ONE else _shown(net_price * factor, net_price, currency)
            list_price = running.first
        else:
            gross_price = running.amount
            gross = to_minor(line, currency)
            net = to_minor(gross / factor, currency)
            tax_amount = gross - net
            net_price = _shown(gross_price / factor, gross_price, currency)
            list_price = _shown(running.first / factor, running.first, currency)
        return Price(
            question.item, question.customer, question.quantity, question.unit, running.per, currency, net_price,
            gross_price, list_price, net, tax_amount, gross, tax, running.list, self.steps, self.skipped or [],
            self._next_change_at(),
        )  # fmt: skip

    def no_price(self, reason: str) -> NoPrice:
        """The answer that there is no price."""
        question = self.question
        return NoPrice(
            question.item, question.customer, question.quantity, question.unit, question.currency, reason, self.steps,
            self.skipped or [], self._next_change_at(),
        )  # fmt: skip

    def _next_change_at(self) -> datetime | None:
        return next_change_at(self.question, self.facts, self.carried_out) if self.facts.timed else None


def _shown(derived: Decimal, source: Decimal, currency: str) -> Decimal:
    """The unit price of the other tax mode, for show: with the decimals of the price that it comes from."""
    exponent = source.as_tuple().exponent
    digits = max(minor_digits(currency), -exponent if isinstance(exponent, int) else 0)
    return derived.quantize(QUANTA[min(digits, 9)], context=EXACT)


def _tax_at(question: Question, facts: Facts) -> Tax | None:
    """The most fitting tax that is in force."""
    at = question.at
    for tax in facts.taxes:
        if (tax.valid_from is None or tax.valid_from <= at) and (tax.valid_to is None or at < tax.valid_to):
            return tax
    return None
