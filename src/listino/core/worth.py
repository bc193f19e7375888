"""What a rule is worth: the price that it states or makes from another, and what it takes off or adds."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import NamedTuple, Protocol

from listino.core.candidates import Candidate, StepCandidates
from listino.core.facts import PriceList, Tax
from listino.core.filters import attribute_of, converted, unit_ratio
from listino.core.indexed import surcharge
from listino.core.limits import cost_of, tax_factor
from listino.core.money import HUNDRED, ONE, ZERO, rounded
from listino.core.question import Facts, Question, Running
from listino.core.question import Unpriced as Unpriced
from listino.core.rates import rate_at
from listino.core.rules import Formula, Rule

FORMULA_DEPTH_MAX = 8
Winner = tuple[Candidate, Decimal]


class Stated(NamedTuple):
    """A price as a rule gives it, per the rule's `per` in the question's unit.

    Shapes:  base: what a formula started from; listed: the price before what it shows as a discount.
    """

    base: Decimal | None
    amount: Decimal
    tax_mode: str
    listed: Decimal


class Choosing(Protocol):
    """Who says which rules of a step win."""

    def winners(self, step: StepCandidates, running: Running | None, record: bool = True) -> Sequence[Winner]:
        """The rules of a step that apply, best first."""
        ...


class Worth:
    """What the rules in reach of one question are worth.

    Shapes:  choosing: a weak reference to the pick that holds this: a circle of the two would keep every
             answer in memory until a collection, and workers seldom collect.
    """

    __slots__ = ("_choosing", "_depth", "_facts", "_listed", "_question", "after", "base", "tax", "tax_factor")

    def __init__(self, question: Question, facts: Facts, choosing: Callable[[], Choosing | None]) -> None:
        self._question = question
        self._facts = facts
        self._choosing = choosing
        self.tax = tax_at(facts.taxes, question)
        self.tax_factor = ONE if self.tax is None else tax_factor(self.tax.percent)
        self.after: dict[str, Decimal] = {}
        # What the last change was worked out from, where that is not the running price.
        self.base: Decimal | None = None
        # How many lists are being asked, one within the other; and what lists said that were asked before.
        self._depth = [0]
        self._listed: dict[tuple[str, str, int, Decimal | None], tuple[Decimal, Decimal] | str] = {}

    def price_by(self, candidate: Candidate, value: Decimal) -> Stated:
        """The price that a rule states, or makes from another.

        Where another tax applies than the one that its list was made for, the price is the one under that
        tax, and what stays (net or gross) is kept.
        """
        listed = candidate.list
        if listed is None or listed.constant is None or listed.reference_percent is None:
            return self._stated(candidate, value)
        if self.tax is not None and self.tax.percent == listed.reference_percent:
            return self._stated(candidate, value)
        there = Worth(self._question, self._facts, self._choosing)
        there._depth = self._depth
        there.tax = Tax(code=listed.code, percent=listed.reference_percent)
        there.tax_factor = tax_factor(listed.reference_percent)
        stated, mode = there._stated(candidate, value), listed.constant
        amount = there.in_mode(stated.amount, stated.tax_mode, mode)
        return Stated(stated.base, amount, mode, there.in_mode(stated.listed, stated.tax_mode, mode))

    def _stated(self, candidate: Candidate, value: Decimal) -> Stated:
        rule, question = candidate.rule, self._question
        mode = mode_of(candidate) or "net"
        formula = rule.formula
        if formula is not None:
            return self._by_formula(candidate, formula, mode)
        if rule.action == "margin":
            return self._by_margin(rule, value, mode)
        if (
            candidate.own_currency
            and (rule.unit is None or rule.unit == question.unit)
            and question.unit == self._facts.item.unit
        ):
            return Stated(None, value, mode, value)
        amount = converted(value, candidate, question, self._facts) * unit_ratio(candidate, question, self._facts)
        return Stated(None, amount, mode, amount)

    def _by_margin(self, rule: Rule, value: Decimal, mode: str) -> Stated:
        base = self._cost(rule.per, mode)
        of_price = rule.basis == "price" or rule.basis == "gross"
        amount = base / (ONE - value / HUNDRED) if of_price else base * (ONE + value / HUNDRED)
        return Stated(base, amount, mode, amount)

    def _by_formula(self, candidate: Candidate, formula: Formula, mode: str) -> Stated:
        question, facts, rule = self._question, self._facts, candidate.rule
        code = candidate.ready.source
        if code is not None:
            source = self._in_list(code, mode)
            base, listed = source[0] * rule.per, source[1] * rule.per
        elif formula.attribute is not None:
            base = listed = self._attribute(formula.attribute, rule.per, mode)
        else:
            base = listed = self._cost(rule.per, mode)
        amount = base * (ONE + formula.percent / HUNDRED)
        ratio = unit_ratio(candidate, question, facts)
        if formula.amount:
            amount += converted(formula.amount, candidate, question, facts) * ratio
        if formula.rounding is not None:
            amount = rounded(amount, formula.rounding)
        if formula.min_margin is not None:
            amount = max(amount, base + converted(formula.min_margin, candidate, question, facts) * ratio)
        if formula.max_margin is not None:
            amount = min(amount, base + converted(formula.max_margin, candidate, question, facts) * ratio)
        amount = max(amount, ZERO)
        return Stated(base, amount, mode, listed if rule.show_as == "discount" and amount < listed else amount)

    def _in_list(self, code: str, mode: str) -> tuple[Decimal, Decimal]:
        """The price of one unit in another list, and what it is shown as a discount of, in a tax mode."""
        asked = (code, mode, self._depth[0], self._question.amount)
        if asked not in self._listed:
            self._depth[0] += 1
            try:
                self._listed[asked] = self._asked(code, mode)
            except Unpriced as ending:
                self._listed[asked] = str(ending)
            finally:
                self._depth[0] -= 1
        found = self._listed[asked]
        if isinstance(found, str):
            raise Unpriced(found)
        return found

    def _asked(self, code: str, mode: str) -> tuple[Decimal, Decimal]:
        if self._depth[0] > FORMULA_DEPTH_MAX:
            raise Unpriced("formula_loop")
        step, choosing = self._facts.lists.get(code), self._choosing()
        winners = choosing.winners(step, None, record=False) if step is not None and choosing is not None else ()
        if not winners:
            raise Unpriced("formula_without_price")
        candidate, value = winners[0]
        stated = self.price_by(candidate, value)
        per = candidate.rule.per
        return self.in_mode(stated.amount / per, stated.tax_mode, mode), self.in_mode(
            stated.listed / per, stated.tax_mode, mode
        )

    def in_mode(self, amount: Decimal, own: str, mode: str) -> Decimal:
        """An amount that is meant net or gross (`own`) in the mode that is wanted."""
        if own == mode:
            return amount
        if self.tax is None:
            raise Unpriced("tax_unknown")
        return amount * self.tax_factor if mode == "gross" else amount / self.tax_factor

    def _cost(self, per: Decimal, mode: str) -> Decimal:
        cost = cost_of(self._question, self._facts)
        if cost is None:
            raise Unpriced("cost_unknown")
        return cost * per * (self.tax_factor if mode == "gross" else ONE)

    def _attribute(self, name: str, per: Decimal, mode: str) -> Decimal:
        found = attribute_of(name, self._facts.item)
        if found is None:
            raise Unpriced("attribute_unknown")
        question, facts = self._question, self._facts
        currency = found.currency or facts.circle.base_currency
        rate = rate_at(currency, question.currency, question.at, facts.circle)
        if rate is None:
            raise Unpriced("no_rate")
        return self.in_mode(found.value * rate * facts.factors[question.unit] * per, "net", mode)

    def adjusted(
        self, candidate: Candidate, value: Decimal, step: StepCandidates, running: Running, entry: Decimal
    ) -> Decimal:
        """What an allowance or charge leaves of the price; `entry` is the price as the step began."""
        self.base = None
        if candidate.of_running:
            change = running.amount * value / HUNDRED
        elif candidate.rule.action == "price":
            return self._offered(candidate, value, step.plan.kind, running)
        else:
            change = self.change_by(candidate, value, step, running, entry)
        if step.plan.kind == "charge":
            return max(running.amount + change, ZERO)
        return running.amount - change if change < running.amount else ZERO

    def limit_by(self, candidate: Candidate, value: Decimal, running: Running) -> Decimal | None:
        """A limit per `running.per` in the running tax mode; None where what it starts from is missing."""
        rule, question, facts = candidate.rule, self._question, self._facts
        if rule.basis is None and rate_at(candidate.currency, question.currency, question.at, facts.circle) is None:
            return None
        try:
            if rule.basis is not None:
                base = running.amount if rule.basis == "running" else self._basis(rule.basis, running)
                return base * value / HUNDRED
            return self._amount(candidate, value, running) * unit_ratio(candidate, question, facts) / rule.per
        except Unpriced:
            return None

    def change_by(
        self, candidate: Candidate, value: Decimal, step: StepCandidates, running: Running, entry: Decimal
    ) -> Decimal:
        """What a percentage, an amount or a quotation comes to, per the running price's `per`."""
        rule = candidate.rule
        if rule.action == "percent":
            basis = rule.basis or step.plan.base
            if basis == "running" and step.plan.combine == "cascade":
                return running.amount * value / HUNDRED
            self.base = entry if basis == "running" else self._basis(basis, running)
            return self.base * value / HUNDRED
        if rule.action == "indexed":
            return self._indexed(candidate, running)
        amount = self._amount(candidate, value, running)
        if rule.own_line is not None and rule.own_line.per == "line":
            return amount / abs(self._question.quantity)
        return amount * unit_ratio(candidate, self._question, self._facts) / rule.per

    def _amount(self, candidate: Candidate, value: Decimal, running: Running) -> Decimal:
        """An amount of a rule times the running price's `per`, in the running tax mode."""
        amount = converted(value, candidate, self._question, self._facts) * running.per
        return self.in_mode(amount, mode_of(candidate) or running.tax_mode, running.tax_mode)

    def _basis(self, basis: str, running: Running) -> Decimal:
        """What a percentage is of that is not of the running price."""
        if basis == "price" or basis == "gross":
            return running.first
        if basis == "cost":
            return self._cost(running.per, running.tax_mode)
        source, _, name = basis.partition(":")
        if source == "list":
            return self._in_list(name, running.tax_mode)[0] * running.per
        if source == "attribute":
            return self._attribute(name, running.per, running.tax_mode)
        return self.after.get(name, running.first)

    def _offered(self, candidate: Candidate, value: Decimal, kind: str, running: Running) -> Decimal:
        """An offer price: it counts only where it is lower, as a charge only where it is higher."""
        stated = self.price_by(candidate, value)
        self.base = stated.base
        amount = self.in_mode(stated.amount, stated.tax_mode, running.tax_mode) * running.per / candidate.rule.per
        return max(running.amount, amount) if kind == "charge" else min(running.amount, amount)

    def _indexed(self, candidate: Candidate, running: Running) -> Decimal:
        change = surcharge(candidate, self._question, self._facts) * running.per
        return self.in_mode(change, "net", running.tax_mode)


def mode_of(candidate: Candidate) -> str | None:
    """Whether a rule's amounts are meant net or gross; None where neither it nor its list says so."""
    return candidate.rule.tax_mode or (candidate.list.tax_mode if candidate.list is not None else None)


def tax_at(taxes: Sequence[Tax], question: Question) -> Tax | None:
    """The most fitting tax that is in force."""
    at = question.at
    for tax in taxes:
        start, end = tax.valid_from, tax.valid_to
        if (start is None or start <= at) and (end is None or at < end):
            return tax
    return None


def other_reference(listed: PriceList, tax_mode: str, tax: Tax | None) -> Decimal | None:
    """The tax that a list's prices were made for, where they change their mode for the one that applies."""
    reference = listed.reference_percent
    if reference is None or listed.constant is None or listed.constant == tax_mode:
        return None
    return None if tax is not None and tax.percent == reference else reference
