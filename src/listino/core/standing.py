"""How the rules of the basket stand in one step: on which lines each works, what it measures, and what it is worth."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from listino.core.basket_question import BasketLine
from listino.core.candidates import Candidate, Reason
from listino.core.caps import exhausted
from listino.core.filters import refused_by_amount, refused_by_context
from listino.core.measures import Bought, measured
from listino.core.money import ZERO
from listino.core.pieces import Piece, groups_of
from listino.core.question import Question
from listino.core.rules import Rule
from listino.core.scales import lacking, named, value_of
from listino.core.scheme import StepPlan
from listino.core.totals import MIX
from listino.core.usage import PERIOD
from listino.core.windows import holds
from listino.core.within import within


@dataclass(slots=True, eq=False)
class Standing:
    """A rule of the basket in one step: the lines that it works on, and the one whose facts speak for it.

    Units:   value as the rule states it for what it measures; measure as its scale takes it.
    """

    rule: Rule
    candidate: Candidate
    line: BasketLine
    pieces: list[Piece]
    question: Question
    value: Decimal = ZERO
    measure: Decimal = ZERO


@dataclass(slots=True)
class Scene:
    """The basket as a step begins, for all that is measured in it.

    Shapes:  index: which step of the scheme it is; goods: the lines that are bought, by name; gifts:
             goods that were added so far, which weigh but count for nothing else; tax_mode: the basket's.
    """

    index: int
    plan: StepPlan
    goods: Sequence[Piece]
    gifts: Sequence[Bought]
    usage: Mapping[str, Decimal]
    tax_mode: str
    coin: Decimal
    known: dict[tuple[int, str], Bought] = field(default_factory=dict)
    totals: dict[tuple[str, str, str | None], Decimal | None] = field(default_factory=dict)

    def measure(
        self, pieces: Sequence[Piece], measure: str, basis: str = "net", unit: str | None = None
    ) -> Decimal | None:
        """A measure over these lines; over all of them it is taken once."""
        if len(pieces) != len(self.goods):
            return measured(self.of(pieces, basis), measure, basis, unit)
        name = (measure, basis, unit)
        if name not in self.totals:
            self.totals[name] = measured(self.of(pieces, basis), measure, basis, unit)
        return self.totals[name]

    def of(self, pieces: Sequence[Piece], basis: str = "net") -> list[Bought]:
        """What of these lines is measured, by what they came to as the step began, net or gross."""
        return [self._bought(piece, basis) for piece in pieces]

    def _bought(self, piece: Piece, basis: str) -> Bought:
        found = self.known.get((id(piece), basis))
        if found is None:
            amount = piece.worth(basis, self.tax_mode, self.coin)
            net, gross = (amount, None) if basis == "net" else (None, amount)
            found = self.known[id(piece), basis] = Bought(piece.line, piece.quantity, net, gross)
        return found


def collected(scene: Scene) -> tuple[dict[str, Standing], list[tuple[Piece, Rule, Reason]]]:
    """The rules that a step has for any line, each with the lines where it holds; and why not on the others."""
    found: dict[str, Standing] = {}
    refusals: list[tuple[Piece, Rule, Reason]] = []
    for piece in scene.goods:
        line = piece.line
        for candidate in line.facts.steps[scene.index].live:
            rule = candidate.rule
            standing = found.get(rule.code)
            if standing is not None and standing.pieces[-1] is piece:
                continue  # A list that is assigned in several ways: the first of its places stands for the rule.
            reason = _refused_here(candidate, line)
            if reason is None and (rule.exclusion_group is not None or scene.plan.group is not None):
                reason = _excluded(rule, piece, scene.plan)
            if reason is None and rule.requires:
                reason = _unmet_on_line(candidate, piece, scene)
            if reason is not None:
                refusals.append((piece, rule, reason))
            elif standing is None:
                found[rule.code] = Standing(rule, candidate, line, [piece], line.question)
            else:
                standing.pieces.append(piece)
                if candidate.rank < standing.candidate.rank:
                    standing.candidate, standing.line, standing.question = candidate, line, line.question
    return found, refusals


def _refused_here(candidate: Candidate, line: BasketLine) -> Reason | None:
    question = line.question
    if not candidate.always or question.hidden:
        reason = refused_by_context(candidate, question, line.facts)
        if reason is not None:
            return reason
    unit = candidate.rule.unit
    if unit is not None and unit != question.unit and candidate.rule.action != "amount":
        return ("wrong_unit", unit)
    return None


def _excluded(rule: Rule, piece: Piece, plan: StepPlan) -> Reason | None:
    """Whether a line has had a rule that excludes this one."""
    held = piece.in_groups()
    return next((("excluded", held[group]) for group in groups_of(rule, plan) if group in held), None)


def _unmet_on_line(candidate: Candidate, piece: Piece, scene: Scene) -> Reason | None:
    """Which of what a rule requires of each of its lines this one does not have."""
    on_line = [index for index, requirement in enumerate(candidate.rule.requires) if requirement.by == "line"]
    if not on_line:
        return None
    line = piece.line
    net, gross = (scene.measure([piece], "amount", basis) for basis in ("net", "gross"))
    question = replace(line.question, amount=net, gross_amount=gross)
    reasons = (lacking(index, candidate, question, line.facts) for index in on_line)
    return next((reason for reason in reasons if reason is not None), None)


def unmet(standing: Standing, scene: Scene, mixes: Mapping[str, Sequence[Piece]]) -> Reason | None:
    """Why a rule does not hold for the basket, or None; then its value is known.

    Shapes:  mixes: by the key of a mix the lines that share it.
    """
    rule, candidate, line = standing.rule, standing.candidate, standing.line
    # What lines of the same order have taken is not used up for the basket.
    standing.question = replace(standing.question, usage=scene.usage)
    for index, requirement in enumerate(rule.requires):
        reason = None if requirement.by == "line" else _unmet_in_basket(index, standing, scene)
        if reason is not None:
            return reason
    if rule.caps is not None:
        reason = exhausted(rule, standing.question)
        if reason is not None:
            return reason
    if candidate.ready.tiers:
        reason = _measure_scale(standing, scene, mixes)
        if reason is not None:
            return reason
    if candidate.ready.tiers or not candidate.own_currency:
        reason = refused_by_amount(candidate, standing.question, line.facts)
        if reason is not None:
            return reason
    value = value_of(candidate, standing.question, line.facts)
    standing.value = value if value is not None else _without_value(rule)
    return None


def _without_value(rule: Rule) -> Decimal:
    """What an offer without a value takes off: everything."""
    return Decimal(100) if rule.offer is not None else ZERO


def _unmet_in_basket(index: int, standing: Standing, scene: Scene) -> Reason | None:
    """Why what a rule requires of the basket, or of a contract, is not there."""
    requirement, rule, facts = standing.rule.requires[index], standing.rule, standing.line.facts
    scope = requirement.scope
    pieces: Sequence[Piece] = standing.pieces
    if scope is not None:
        pieces = [piece for piece in scene.goods if within(scope, piece.line.question, piece.line.facts.circle)]
    if requirement.by.startswith(PERIOD):
        code = requirement.by.removeprefix(PERIOD)
        pieces = _under(code, pieces, standing.question)
        if not pieces:
            return ("contract_not_valid", code)
        facts = pieces[0].line.facts
    measure = scene.measure(pieces, requirement.measure, requirement.basis, requirement.unit or rule.unit)
    question = replace(standing.question, totals={named(rule, index): measure})
    return lacking(index, standing.candidate, question, facts)


def _under(contract: str, pieces: Sequence[Piece], question: Question) -> list[Piece]:
    """The lines that count under a contract."""
    return [
        piece
        for piece in pieces
        if (found := piece.line.facts.contracts.get(contract)) is not None
        and holds(((found.valid_from, found.valid_to),), question.at)
    ]


def _measure_scale(standing: Standing, scene: Scene, mixes: Mapping[str, Sequence[Piece]]) -> Reason | None:
    """Put what a rule's scale measures into its question: over its lines, the order, a mix or a contract."""
    rule, question, line = standing.rule, standing.question, standing.line
    scale = rule.scale
    if scale is None:
        return None
    pieces: Sequence[Piece] = standing.pieces
    if scale.by == "order":
        pieces = scene.goods
    elif scale.by.startswith(MIX):
        pieces = mixes[scale.by]
    elif scale.by.startswith(PERIOD):
        code = scale.by.removeprefix(PERIOD)
        pieces = _under(code, scene.goods, question)
        if not pieces:
            return ("contract_not_valid", code)
    measure = scene.measure(pieces, scale.measure)
    gifts = measured(scene.gifts, "weight") if scale.by == "order" and scale.measure == "weight" else ZERO
    if measure is None or gifts is None:
        return ("measure_unknown", scale.measure)
    standing.measure = measure + gifts
    whole = (scene.measure(standing.pieces, "quantity") or ZERO) / line.facts.factors[question.unit]
    standing.question = replace(
        question, quantity=whole, whole=whole, totals={f"{scale.by} {scale.measure}": standing.measure},
    )  # fmt: skip
    return None
