"""The steps of a price as they are answered: each with all that somebody needs to work it out again."""

from dataclasses import dataclass
from decimal import Decimal, localcontext

from listino.core.candidates import Candidate, StepCandidates, every_step
from listino.core.explain import text_in
from listino.core.indexed import held_by, newest
from listino.core.manual import ManualRule, arranged_manual
from listino.core.money import EXACT, Rounding, exact, plain
from listino.core.question import AppliedStep, Facts, NoPrice, Operands, Price, Question
from listino.core.rates import rate_at
from listino.core.rules import Formula, Indexed
from listino.core.scales import graduated_parts
from listino.core.worth import mode_of, other_reference
from listino.web.messages import FormulaLine, IndexedLine, RoundingLine, StepLine, TierPart

CHANGES = frozenset(["allowance", "charge"])


@dataclass(slots=True)
class Told:
    """What is the same for all steps of an answer, and for whom they are: `full` shows costs and limits."""

    question: Question
    facts: Facts
    language: str | None
    full: bool


def step_lines(outcome: Price | NoPrice, told: Told) -> list[StepLine]:
    """The steps that led to an outcome."""
    sheet = _Sheet(outcome, told)
    return [sheet.line(place, step) for place, step in enumerate(outcome.steps)]


class _Sheet:
    """The steps of one outcome on their way into the answer."""

    __slots__ = ("before", "operands", "price", "steps", "told")

    def __init__(self, outcome: Price | NoPrice, told: Told) -> None:
        self.told = told
        self.price = None if isinstance(outcome, NoPrice) else outcome
        self.operands = None if self.price is None else self.price.operands
        steps = told.facts.steps if told.question.manual else told.facts.acting
        self.steps = {step.plan.name: step for step in every_step(steps)}
        # What the last step left, and its text: nearly always what the next one starts from.
        self.before: tuple[Decimal | None, str | None] = (None, None)

    def line(self, place: int, step: AppliedStep) -> StepLine:
        """One step as it is answered."""
        name, kind, code, label, value, price_in, price_out = step
        text = label if label is None or isinstance(label, str) else text_in(label, self.told.language)  # type: ignore[arg-type]
        before, text_in_before = self.before
        if price_in is not None and price_in is not before:
            text_in_before = plain(price_in)
        text_out = plain(price_out)
        self.before = price_out, text_out
        line = StepLine(
            name, kind, code, text, None if value is None else exact(value),
            None if price_in is None else text_in_before, text_out,
        )  # fmt: skip
        of = self.steps.get(name)
        if of is not None:
            self._add_rule(line, of, code)
        operands = None if self.operands is None else self.operands.get(place)
        if operands is not None:
            _add_operands(line, operands)
        elif kind == "price" and price_in is not None and (base := exact(price_in)) != line.price_in:
            line.base = base
        if _tells_cost_or_limit(line):
            line.confidential = True
            if not self.told.full:
                hide(line)
        return line

    def _add_rule(self, line: StepLine, step: StepCandidates, code: str | None) -> None:
        """What a rule, or a rounding, does: in which currency, unit and number its value is meant, and of what."""
        if code is None:
            self._add_grid(line, step)
            return
        candidate = self._candidate(step, code)
        if candidate is None:
            return
        rule = candidate.rule
        if isinstance(rule, ManualRule):
            line.actor, line.reason = rule.actor, rule.reason
        action = line.action = rule.action
        if action == "limit":
            line.bound = rule.bound
        elif action == "percent":
            basis = rule.basis or step.plan.base
            if basis != "running" or step.plan.combine != "cascade":
                line.basis = basis
        elif action == "margin":
            line.basis = rule.basis or "cost"
            if self.price is not None:
                _add_mode(line, candidate, self.price)
        else:
            self._add_money(line, candidate)
        if rule.formula is not None:
            line.formula = _formula(rule.formula)
        if rule.scale is not None and rule.scale.kind != "volume":
            with localcontext(EXACT):
                parts = graduated_parts(candidate, self.told.question, self.told.facts)
            line.parts = [TierPart(exact(part), None if value is None else exact(value)) for part, value in parts]

    def _candidate(self, step: StepCandidates, code: str) -> Candidate | None:
        """The rule of a code as it stood in a step, one that a person set for the line before all others."""
        manual = self.told.question.manual
        live = arranged_manual(step, manual, self.told.facts.circle).live if manual else step.live
        for candidate in live:
            if candidate.rule.code == code:
                return candidate
        return None

    def _add_money(self, line: StepLine, candidate: Candidate) -> None:
        """An amount's currency, unit and number of units, where they are not the answer's; a quotation's figures."""
        rule, question, facts, price = candidate.rule, self.told.question, self.told.facts, self.price
        unit = rule.unit if rule.unit is not None and rule.indexed is None else facts.item.unit
        if not candidate.own_currency:
            line.currency = candidate.currency
            line.rate = _rate(candidate.currency, question, facts)
        if unit != question.unit:
            line.unit = unit
            with localcontext(EXACT):
                line.units = exact(facts.factors[question.unit] / facts.factors[unit])
        if rule.indexed is not None:
            line.indexed = _indexed(rule.indexed, candidate, question, facts)
        elif price is not None:
            if rule.per != price.per:
                line.per = exact(rule.per)
            _add_mode(line, candidate, price)

    def _add_grid(self, line: StepLine, step: StepCandidates) -> None:
        """The grid of a rounding: the step's own, else the list's, which is that of the list's own tax mode."""
        price = self.price
        if price is None:
            return
        own, listed = step.plan.rounding, price.price_list
        if own is not None and step.plan.currency in (None, price.currency):
            line.rounding = _rounding(own)
        elif listed is not None:
            rounding = listed.rounding if listed.tax_mode == price.tax_mode else None
            line.rounding = RoundingLine() if rounding is None else _rounding(rounding)
            line.rounding.decimals = listed.decimals


def _add_mode(line: StepLine, candidate: Candidate, price: Price) -> None:
    """Whether an amount is meant net or gross, where the answer's steps are the other."""
    mode, listed = mode_of(candidate) or ("net" if candidate.rule.action == "price" else price.tax_mode), candidate.list
    reference = None
    if listed is not None and candidate.rule.action in {"price", "margin"}:
        reference = other_reference(listed, mode, price.tax_fact)
    if reference is not None:
        line.reference_percent = exact(reference)
    if reference is not None or mode != price.tax_mode:
        line.tax_mode = mode


def _rate(currency: str, question: Question, facts: Facts) -> str | None:
    with localcontext(EXACT):
        rate = rate_at(currency, question.currency, question.at, facts.circle)
    return None if rate is None else exact(rate)


def _formula(formula: Formula) -> FormulaLine:
    return FormulaLine(
        exact(formula.percent),
        exact(formula.amount),
        None if formula.rounding is None else _rounding(formula.rounding),
        None if formula.min_margin is None else exact(formula.min_margin),
        None if formula.max_margin is None else exact(formula.max_margin),
    )


def _indexed(indexed: Indexed, candidate: Candidate, question: Question, facts: Facts) -> IndexedLine | None:
    quoted = newest(facts.quotations.get(indexed.quotation, ()), question)
    if quoted is None:
        return None
    with localcontext(EXACT):
        holds = held_by(facts.item, indexed.measure, quoted)
        lowest = None
        if indexed.lowest is not None and holds:
            lowest = indexed.lowest * (rate_at(candidate.currency, question.currency, question.at, facts.circle) or 1)
    currency = quoted.currency or facts.circle.base_currency
    return IndexedLine(
        indexed.quotation,
        exact(quoted.value),
        exact(indexed.reference),
        exact(holds),
        exact(quoted.per),
        (_rate(currency, question, facts) if currency != question.currency else None) or "1",
        None if lowest is None else exact(lowest),
    )


def _rounding(rounding: Rounding) -> RoundingLine:
    return RoundingLine(exact(rounding.increment), exact(rounding.offset), rounding.direction)


def _add_operands(line: StepLine, operands: Operands) -> None:
    """What the step worked with that neither its rule nor the price before it tells."""
    base, low, high, left = operands
    line.base = None if base is None else exact(base)
    line.lowest = None if low is None else exact(low)
    line.highest = None if high is None else exact(high)
    line.left = None if left is None else exact(left)


def _tells_cost_or_limit(line: StepLine) -> bool:
    if line.kind == "limit" or line.basis == "cost" or (line.kind == "price" and line.price_in is not None):
        return True
    return line.lowest is not None or line.highest is not None or line.formula is not None or line.action == "margin"


def hide(line: StepLine) -> None:
    """Leave out of a step what would tell the cost or a limit: what a limit or a formula starts from, a part
    of the cost whole.
    """
    if line.kind in CHANGES:
        # What was answered before steps named their action was marked for its cost alone.
        if line.basis == "cost" or line.action is None:
            line.value = line.price_in = line.price_out = line.parts = None
        if line.basis == "cost" or line.formula is not None or line.action in {None, "margin"}:
            line.base = None
    elif line.kind != "rounding":
        line.value = line.price_in = line.base = line.parts = None
    line.lowest = line.highest = line.formula = None
    line.confidential = False
