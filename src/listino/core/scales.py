"""What scales and requirements measure, and the value that a scale gives for it."""

from collections.abc import Iterator
from decimal import Decimal

from listino.core.candidates import Candidate, Reason
from listino.core.money import EXACT, ONE, SETTLED, ZERO
from listino.core.question import Facts, Question
from listino.core.rates import rate_at
from listino.core.rules import Requirement, Rule, Scale
from listino.core.usage import PERIOD, contract_subject, used
from listino.core.windows import holds
from listino.core.within import within

# Units of measure (UN/ECE Rec 20) of which a fraction can be bought; all others are counted from 1.
MEASURED_UNITS = frozenset(
    "MTR CMT MMT KMT DMT MTK CMK HAR MTQ CMQ DMQ LTR MLT CLT DLT HLT KGM GRM MGM TNE HGM DTN HUR MIN DAY KWH".split()
)


def measure_of(candidate: Candidate, question: Question, facts: Facts) -> Decimal | None:
    """What a candidate's scale measures, in the scale's own unit; None where it cannot be known.

    Units:   quantity in the rule's unit, amount in its currency, weight in kilograms; without sign.
    """
    scale = candidate.rule.scale
    if scale is None or candidate.ready.plain:
        return quantity_for(candidate, question, facts)
    return _measured(scale, candidate, question, facts)


def quantity_for(candidate: Candidate, question: Question, facts: Facts) -> Decimal:
    """The question's quantity in the unit of a rule's breaks (the item's own where it has none)."""
    unit = candidate.rule.unit or facts.item.unit
    quantity = abs(question.whole if question.whole is not None else question.quantity)
    return quantity if unit == question.unit else _settled(quantity, facts.factors[question.unit], facts.factors[unit])


def _settled(quantity: Decimal, factor: Decimal, of_factor: Decimal) -> Decimal:
    """A quantity in another unit; what a third on the way left is taken away, so that a break is met exactly."""
    return SETTLED.plus(quantity * factor / of_factor)


def _measured(
    of: Scale | Requirement, candidate: Candidate, question: Question, facts: Facts, name: str | None = None
) -> Decimal | None:
    """A measure over what `by` says; `name` is under which a basket has it, where it has it apart."""
    own = _of_basket(of, candidate, question, facts, name)
    if own is None or not of.by.startswith(PERIOD):
        return own
    before = _before(of, candidate, question, facts)
    return None if before is None else SETTLED.plus(own + before)


def _of_basket(
    of: Scale | Requirement, candidate: Candidate, question: Question, facts: Facts, name: str | None
) -> Decimal | None:
    """A basket's measure in the unit and currency of the rule, or that of the line where there is none."""
    totals = question.totals or {}
    key = name if name is not None and name in totals else f"{of.by} {of.measure}"
    if key not in totals:
        return _of_line(of, candidate, question, facts)
    total = totals[key]
    if total is None or of.measure == "weight":
        return total
    if of.measure == "amount":
        return _in_currency(total, candidate, question, facts)
    factor = ONE if key == name else facts.factors.get(_unit(of, candidate, facts))
    return None if factor is None else SETTLED.plus(total / factor)


def _before(of: Scale | Requirement, candidate: Candidate, question: Question, facts: Facts) -> Decimal | None:
    """What was bought under a contract before the line."""
    code = of.by.removeprefix(PERIOD)
    before, contract = used(question, contract_subject(code, of.measure)), facts.contracts.get(code)
    if of.measure == "quantity":
        factor = facts.factors.get(_unit(of, candidate, facts))
        return None if factor is None else before / factor
    if of.measure != "amount" or contract is None:
        return before
    currency = contract.currency or facts.circle.base_currency
    rate = rate_at(currency, candidate.currency, question.at, facts.circle)
    return None if rate is None else SETTLED.plus(before * rate)


def _unit(of: Scale | Requirement, candidate: Candidate, facts: Facts) -> str:
    unit = of.unit if isinstance(of, Requirement) else None
    return unit or candidate.rule.unit or facts.item.unit


def _of_line(of: Scale | Requirement, candidate: Candidate, question: Question, facts: Facts) -> Decimal | None:
    """A measure of the line alone."""
    quantity = abs(question.whole if question.whole is not None else question.quantity)
    if of.measure == "quantity":
        factor = facts.factors.get(_unit(of, candidate, facts))
        return None if factor is None else _settled(quantity, facts.factors[question.unit], factor)
    if of.measure == "weight":
        weight = facts.item.weight
        return None if weight is None else weight * quantity * facts.factors[question.unit]
    gross = isinstance(of, Requirement) and of.basis == "gross"
    amount = question.gross_amount if gross else question.amount
    return None if amount is None else _in_currency(amount, candidate, question, facts)


def _in_currency(amount: Decimal, candidate: Candidate, question: Question, facts: Facts) -> Decimal | None:
    if candidate.currency == question.currency:
        return amount
    rate = rate_at(question.currency, candidate.currency, question.at, facts.circle)
    return None if rate is None else SETTLED.plus(amount * rate)


def unmet(candidate: Candidate, question: Question, facts: Facts) -> Reason | None:
    """Why a candidate's requirements, or the contract that it counts by, do not hold."""
    rule = candidate.rule
    if rule.scale is not None and rule.scale.by.startswith(PERIOD) and not _runs(rule.scale.by, question, facts):
        return ("contract_not_valid", rule.scale.by.removeprefix(PERIOD))
    reasons = (lacking(index, candidate, question, facts) for index in range(len(rule.requires)))
    return next((reason for reason in reasons if reason is not None), None)


def lacking(index: int, candidate: Candidate, question: Question, facts: Facts) -> Reason | None:
    """Why one of a candidate's requirements does not hold: over a basket where its totals say it, else over the line.

    Shapes:  facts: those of a line that counts, by which contracts, units and rates are known.
    """
    requirement = candidate.rule.requires[index]
    if requirement.by.startswith(PERIOD) and not _runs(requirement.by, question, facts):
        return ("contract_not_valid", requirement.by.removeprefix(PERIOD))
    measure = _required(requirement, named(candidate.rule, index), candidate, (question, facts))
    if measure is None:
        return ("measure_unknown", requirement.measure)
    if requirement.from_ is not None and measure < requirement.from_:
        return ("requires_more", (requirement, measure))
    if requirement.up_to is not None and measure > requirement.up_to:
        return ("requires_less", (requirement, measure))
    return None


def named(rule: Rule, index: int) -> str:
    """Under which name a basket tells what it measured for a requirement, quantities in the requirement's unit."""
    return f"{rule.code} requires[{index}]"


def _required(
    requirement: Requirement, name: str, candidate: Candidate, asked: tuple[Question, Facts]
) -> Decimal | None:
    question, facts = asked
    if question.totals is None or name not in question.totals:
        scope = requirement.scope
        if scope is not None and not within(scope, question, facts.circle):
            return _before(requirement, candidate, question, facts) if requirement.by.startswith(PERIOD) else ZERO
    return _measured(requirement, candidate, question, facts, name)


def _runs(by: str, question: Question, facts: Facts) -> bool:
    """Whether a contract is the asker's and holds for the item and the moment."""
    contract = facts.contracts.get(by.removeprefix(PERIOD))
    return contract is not None and holds(((contract.valid_from, contract.valid_to),), question.at)


def value_of(candidate: Candidate, question: Question, facts: Facts) -> Decimal | None:
    """The value that a rule has for a question: its only one, that of its tier, or the average over its tiers."""
    ready = candidate.ready
    if not ready.tiers:
        return ready.value
    measure = measure_of(candidate, question, facts)
    if measure is None:
        return None
    scale = candidate.rule.scale
    if scale is None or scale.kind == "volume" or not measure:
        return value_at(candidate, measure)
    before = _bought_before(scale, measure, candidate, question, facts)
    return _average(scale, before, measure, counted=_is_counted(candidate, facts))


def value_at(candidate: Candidate, measure: Decimal) -> Decimal | None:
    """The value that a rule's tiers give at a measure."""
    value = None
    for start, tier_value in candidate.ready.tiers:
        if measure < start:
            break
        value = tier_value
    return value


def _average(scale: Scale, before: Decimal, end: Decimal, *, counted: bool) -> Decimal | None:
    """The average value of the units from behind `before` up to `end`, each at its own tier.

    Where pieces are counted, "from 11" means the eleventh piece: ten pieces lie before it.
    """
    total = ZERO
    for part, value in _parts(scale, before, end, counted=counted):
        if value is None:
            return None
        total += part * value
    return total / (end - before) if end > before else tier_edges(scale, counted=counted)[0][1]


def _parts(scale: Scale, before: Decimal, end: Decimal, *, counted: bool) -> Iterator[tuple[Decimal, Decimal | None]]:
    """How much from behind `before` up to `end` lies in each tier, with the tier's value."""
    edges = tier_edges(scale, counted=counted)
    for index, (start, value) in enumerate(edges):
        stop = edges[index + 1][0] if index + 1 < len(edges) else end
        part = min(stop, end) - max(start, before)
        if part > 0:
            yield part, value


def graduated_parts(candidate: Candidate, question: Question, facts: Facts) -> list[tuple[Decimal, Decimal | None]]:
    """Of what a graduated scale averages, how much counts at which value; nothing for any other scale."""
    scale, measure = candidate.rule.scale, measure_of(candidate, question, facts)
    if scale is None or scale.kind == "volume" or not measure:
        return []
    before = _bought_before(scale, measure, candidate, question, facts)
    return list(_parts(scale, before, measure, counted=_is_counted(candidate, facts)))


def _bought_before(scale: Scale, measure: Decimal, candidate: Candidate, question: Question, facts: Facts) -> Decimal:
    if not scale.by.startswith(PERIOD):
        return ZERO
    return measure - (_of_line(scale, candidate, question, facts) or ZERO)


def tier_edges(scale: Scale, *, counted: bool) -> list[tuple[Decimal, Decimal | None]]:
    """Behind which measure each tier of a graduated scale begins, ascending."""
    edges: list[tuple[Decimal, Decimal | None]] = []
    last: Decimal | None = ZERO
    for tier in scale.tiers:
        if tier.from_ is not None:
            start = tier.from_ - ONE if counted and tier.from_ >= 1 else tier.from_
            edges.append((start if edges else ZERO, tier.value))
        elif last is not None:
            edges.append((last, tier.value))
            last = tier.up_to
    if scale.tiers[0].from_ is None and last is not None:
        edges.append((last, None))
    return edges


def _is_counted(candidate: Candidate, facts: Facts) -> bool:
    scale = candidate.rule.scale
    measured_unit = (candidate.rule.unit or facts.item.unit) in MEASURED_UNITS
    return scale is not None and scale.measure == "quantity" and not measured_unit


def tier_start(candidate: Candidate, question: Question, facts: Facts) -> Decimal:
    """From which measure on a rule is what it is, quantities in the item's own unit; 0 without a break.

    A rule that requires a quantity of the line begins there as a tier does.
    """
    reached, scale = ZERO, candidate.rule.scale
    if candidate.ready.tiers:
        measure = measure_of(candidate, question, facts) or ZERO
        for start, _ in candidate.ready.tiers:
            if measure < start:
                break
            reached = start
        if scale is not None and scale.measure == "quantity":
            reached *= facts.factors.get(candidate.rule.unit or facts.item.unit, ONE)
    for requirement in candidate.rule.requires:
        if requirement.measure == "quantity" and requirement.by == "line" and requirement.from_ is not None:
            reached = max(reached, requirement.from_ * facts.factors.get(_unit(requirement, candidate, facts), ONE))
    return reached


def line_amount(price: Decimal, per: Decimal, question: Question) -> Decimal:
    """What the whole line comes to at a price, without sign."""
    quantity = abs(question.whole if question.whole is not None else question.quantity)
    return EXACT.divide(EXACT.multiply(price, quantity), per)
