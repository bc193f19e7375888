"""The price of one line: the steps of a scheme, carried out on the rules that can apply."""

from datetime import datetime
from decimal import Decimal, getcontext, setcontext

from listino.core.candidates import Candidate, StepCandidates
from listino.core.changes import next_change_at
from listino.core.filters import refused
from listino.core.limits import Bounds, limit_amount, narrowed, rounded_as_listed
from listino.core.manual import arranged_manual
from listino.core.money import EXACT, FRACTION_DIGITS_MAX, HUNDRED, NINE_PLACES, ONE, QUANTA, SETTLED, minor_digits
from listino.core.pick import Pick, Unpriced
from listino.core.question import AppliedStep, Facts, NoPrice, Price, Question, Running, UnitPrice


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
                raise Unpriced(facts.refusal)
            work.carry_out()
            return work.price()
        except Unpriced as ending:
            return work.no_price(str(ending))
    finally:
        setcontext(context)


def unit_price(question: Question, facts: Facts) -> UnitPrice | None:
    """The unit price alone, as `resolve` finds it, for the breaks around an answer; None where there is none."""
    context = getcontext()
    setcontext(EXACT)
    try:
        work = _Work(question, facts)
        if facts.refusal is not None:
            return None
        work.carry_out()
        return None if work.running is None else work.unit_price(work.running)
    except Unpriced:
        return None
    finally:
        setcontext(context)


class _Work:
    """One resolution under way: the running price, and what has led to it."""

    __slots__ = ("bounds", "facts", "final", "pick", "question", "running", "skipped", "steps")

    def __init__(self, question: Question, facts: Facts) -> None:
        self.question = question
        self.facts = facts
        self.pick = Pick(question, facts)
        self.skipped = self.pick.skipped
        self.running: Running | None = None
        self.steps: list[AppliedStep] = []
        self.final: Candidate | None = None
        self.bounds: Bounds | None = None

    def carry_out(self) -> None:
        """Every step of the scheme in its order."""
        manual, skipped = self.question.manual, self.skipped
        for step in self.facts.steps:
            if manual:
                step = arranged_manual(step, manual, self.facts.circle)
            kind = step.plan.kind
            if not step.live and kind != "rounding":
                pass
            elif kind == "price":
                if self.running is None:
                    self._price(step)
            elif self.running is None:
                self._skip_all(step, "no_price_yet")
            elif kind == "allowance" or kind == "charge":
                if kind == "allowance" and self.final is not None:
                    self._skip_all(step, "stopped_by_final")
                else:
                    self._adjust(step, self.running)
            elif kind == "limit":
                self._limit(step, self.running)
            else:
                self._round(step, self.running)
            if skipped is not None:
                skipped += [(step.plan.name, rule, reason, detail) for rule, (reason, detail) in step.dead]

    def _price(self, step: StepCandidates) -> None:
        winners = self.pick.winners(step, None)
        if not winners:
            return
        candidate, value = winners[0]
        base, amount, mode = self.pick.price_by(candidate, value)
        per = candidate.rule.per
        self.running = Running(amount, per, amount, mode, candidate.list, candidate)
        if mode == "gross" and self.pick.tax is None:
            raise Unpriced("tax_unknown")
        rule = candidate.rule
        shown = value if rule.formula is None else rule.formula.percent
        self.steps.append((step.plan.name, "price", rule.code, rule.label or step.plan.label, shown, base, amount))
        if rule.final:
            self.final = candidate

    def _adjust(self, step: StepCandidates, running: Running) -> None:
        """Allowances and charges: percentages and amounts off or on the running price."""
        plan = step.plan
        entry = running.amount
        for candidate, value in self.pick.winners(step, running):
            if self.final is not None and plan.kind == "allowance":
                if self.skipped is not None:
                    self.skipped.append((plan.name, candidate.rule, "stopped_by_final", self.final))
                continue
            before = running.amount
            running.amount = self.pick.adjusted(candidate, value, step, running, entry)
            rule = candidate.rule
            self.steps.append(
                (plan.name, plan.kind, rule.code, rule.label or plan.label, value, before, running.amount)
            )
            if rule.final:
                self.final = candidate

    def _limit(self, step: StepCandidates, running: Running) -> None:
        self.bounds = self.bounds or Bounds()
        for candidate, value in self.pick.winners(step, running):
            amount = limit_amount(candidate, value, running, self.question, self.facts, self.pick.tax_factor)
            if amount is None:
                raise Unpriced("limit_unknown")
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
        if running.amount != before and running.amount != SETTLED.plus(before):
            plan = step.plan
            self.steps.append(
                (plan.name, "rounding", None, plan.label or running.list.name, None, before, running.amount)
            )

    def _skip_all(self, step: StepCandidates, reason: str) -> None:
        if self.skipped is not None:
            for candidate in step.live:
                own = refused(candidate, self.question, self.facts) or (reason, self.final)
                self.skipped.append((step.plan.name, candidate.rule, *own))

    def unit_price(self, running: Running) -> UnitPrice:
        """The unit price net and gross: the one that was worked out, and the other for show."""
        currency = self.question.currency
        amount, factor, digits = running.amount, self.pick.tax_factor, minor_digits(currency)
        net, gross = amount, None
        if running.tax_mode == "gross":
            net, gross = _shown(amount, ONE / factor, digits), amount
        elif self.pick.tax is not None:
            gross = _shown(amount, factor, digits)
        return UnitPrice(net, gross, running.per, currency)

    def price(self) -> Price:
        """The answer, once all steps are carried out."""
        running, question, tax = self.running, self.question, self.pick.tax
        if running is None:
            raise Unpriced("no_price")
        coin = QUANTA[minor_digits(question.currency)]
        line = SETTLED.plus(running.amount * question.quantity / running.per).quantize(coin)
        list_price = running.first
        tax_amount: Decimal | None = None
        gross: Decimal | None = None
        if running.tax_mode == "gross":
            gross, net = line, (line / self.pick.tax_factor).quantize(coin)
            tax_amount = gross - net
            list_price = _shown(running.first, ONE / self.pick.tax_factor, minor_digits(question.currency))
        else:
            net = line
            if tax is not None:
                tax_amount = (net * tax.percent / HUNDRED).quantize(coin)
                gross = net + tax_amount
        unit = self.unit_price(running)
        return Price(
            question.item, question.customer, question.quantity, question.unit, running.per, question.currency,
            unit.net_price, unit.gross_price, list_price, net, tax_amount, gross, tax, running.list, self.steps,
            self.skipped or [], self._next_change_at(),
        )  # fmt: skip

    def no_price(self, reason: str) -> NoPrice:
        """The answer that there is no price."""
        question = self.question
        return NoPrice(
            question.item, question.customer, question.quantity, question.unit, question.currency, reason, self.steps,
            self.skipped or [], self._next_change_at(),
        )  # fmt: skip

    def _next_change_at(self) -> datetime | None:
        return next_change_at(self.question, self.facts, self.pick.carried_out) if self.facts.timed else None


def _shown(price: Decimal, factor: Decimal, digits: int) -> Decimal:
    """A unit price in the other tax mode, for show: with as many decimals as it needs itself."""
    if factor == ONE:
        return price
    exponent = price.quantize(NINE_PLACES).normalize().as_tuple().exponent
    own_digits = -exponent if isinstance(exponent, int) else 0
    return SETTLED.plus(price * factor).quantize(QUANTA[min(max(digits, own_digits), FRACTION_DIGITS_MAX)])
