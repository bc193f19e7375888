"""How much of what: what scales and requirements measure, what caps leave, and the value that a rule has for it."""

from dataclasses import dataclass, field
from decimal import Decimal

from listino.core.rules import Requirement, Rule, Scale, Tier
from tests.naive_reach import NOTHING, Reach

SMALLEST = Decimal("0.000000001")
# Units of which a fraction is sold; all others come in pieces.
BY_MEASURE = ("KGM", "GRM", "LTR", "MTR")


@dataclass
class Part:
    """The line, or the part of it that a cap's end leaves.

    Shapes:  used: what is used up by subject, at_first: before the line; in_order: per rule what it has
             taken off in this order.
    """

    quantity: Decimal
    whole: Decimal
    used: dict[str, Decimal]
    at_first: dict[str, Decimal]
    in_order: dict[str, Decimal] = field(default_factory=dict)
    without: frozenset[str] = frozenset()


@dataclass
class Before:
    """What the line comes to at the price before discounts."""

    net: Decimal | None = None
    gross: Decimal | None = None


class Measure:
    """The measures of one part of a line."""

    def __init__(self, reach: Reach, part: Part) -> None:
        self.reach, self.part = reach, part

    def used(self, *subject: str) -> Decimal:
        return self.part.used.get("\x1f".join(subject), NOTHING)

    def of(self, thing: Scale | Requirement, rule: Rule, line: Before, mine: bool = True) -> Decimal | None:
        """What a scale or requirement measures; `mine`: whether the line itself is counted."""
        own = self.of_line(thing, rule, line) if mine else NOTHING
        before = self.before(thing, rule)
        return None if own is None or before is None else round(own + before, 40)

    def of_line(self, thing: Scale | Requirement, rule: Rule, line: Before) -> Decimal | None:
        reach, pieces = self.reach, abs(self.part.whole) * self.reach.held(self.reach.unit)
        if thing.measure == "quantity":
            unit = reach.holding(unit_of(thing, rule))
            return None if unit is None else round(pieces / unit, 40)
        if thing.measure == "weight":
            return None if reach.item.weight is None else reach.item.weight * pieces
        amount = line.gross if isinstance(thing, Requirement) and thing.basis == "gross" else line.net
        rate = reach.rate_between(reach.currency, reach.currency_of(rule))
        return None if amount is None or rate is None else round(amount * rate, 40)

    def before(self, thing: Scale | Requirement, rule: Rule) -> Decimal | None:
        """What was bought under the contract before the line."""
        if not thing.by.startswith("period:"):
            return NOTHING
        code = thing.by.split(":", 1)[1]
        used, contract = self.used("contract", code, thing.measure), self.reach.contract(code)
        if thing.measure == "quantity":
            unit = self.reach.holding(unit_of(thing, rule))
            return None if unit is None else used / unit
        if thing.measure == "amount" and contract is not None:
            currency = contract.currency or self.reach.base_currency
            rate = self.reach.rate_between(currency, self.reach.currency_of(rule))
            return None if rate is None else used * rate
        return used

    def runs(self, thing: Scale | Requirement) -> bool:
        return not thing.by.startswith("period:") or self.reach.contract(thing.by.split(":", 1)[1]) is not None

    # The value of a rule.

    def value_of(self, rule: Rule, line: Before) -> Decimal | None:
        """The value at what is measured, or None where no tier is reached."""
        scale = rule.scale
        if scale is None:
            return rule.value if rule.value is not None else NOTHING
        measure = self.of(scale, rule, line) if self.runs(scale) else None
        if measure is None:
            return None
        reached = [tier.value if tier else None for start, tier in steps_of(scale) if start <= measure]
        before = self.before(scale, rule)
        if not reached or reached[-1] is None or before is None or scale.kind == "volume" or before == measure:
            return reached[-1] if reached else None
        return self._average(scale, rule, before, measure)

    def _average(self, scale: Scale, rule: Rule, low: Decimal, high: Decimal) -> Decimal:
        """Each unit between two measures at the tier that it lies in."""
        total = NOTHING
        edges = edges_of(
            scale, pieces=scale.measure == "quantity" and (rule.unit or self.reach.item.unit) not in BY_MEASURE
        )
        ends = [start for start, _ in edges[1:]] + [high]
        for (start, tier), end in zip(edges, ends, strict=True):
            share = min(end, high) - max(start, low)
            total += max(share, NOTHING) * (tier.value if tier else NOTHING)
        return total / (high - low)

    def tier_of(self, rule: Rule, line: Before) -> Decimal:
        """From which measure on the rule is what it is: its tier's beginning, or what the line must have."""
        found = NOTHING
        if rule.scale is not None:
            measure = self.of(rule.scale, rule, line) or NOTHING
            found = max((start for start, _ in steps_of(rule.scale) if start <= measure), default=NOTHING)
            if rule.scale.measure == "quantity":
                found *= self.reach.held(rule.unit)
        for need in rule.requires:
            if need.measure == "quantity" and need.by == "line" and need.from_ is not None:
                found = max(found, need.from_ * self.reach.held(unit_of(need, rule)))
        return found

    # What is needed, and what is left.

    def has_needed(self, rule: Rule, line: Before) -> bool:
        for need in rule.requires:
            if not self.runs(need):
                return False
            measure = self.of(need, rule, line, need.scope is None or self.reach.within(need.scope))
            if measure is None or (need.from_ is not None and measure < need.from_):
                return False
            if need.up_to is not None and measure > need.up_to:
                return False
        return True

    def left(self, rule: Rule) -> Decimal | None:
        """How many of the question's unit the rule's cap leaves; None without such a cap."""
        if rule.caps is None or rule.caps.quantity is None:
            return None
        left = rule.caps.quantity - self.used("rule", rule.code, "quantity")
        return left * self.reach.held(rule.unit) / self.reach.held(self.reach.unit)

    def is_left(self, rule: Rule) -> bool:
        """Whether a rule's caps leave something for the part; goods that come back use nothing up."""
        caps = rule.caps
        if caps is None or self.part.quantity < 0:
            return rule.code not in self.part.without
        in_money = caps.amount is not None or caps.amount_per_order is not None
        if rule.code in self.part.without or (in_money and self.reach.rate(self.reach.currency_of(rule)) is None):
            return False
        customer = self.reach.ask.customer
        for most, used in (
            (caps.uses, self.used("rule", rule.code, "uses")),
            (caps.per_customer if customer else None, self.used("rule", rule.code, "customer", customer or "")),
            (caps.amount, self.used("rule", rule.code, "amount")),
        ):
            if most is not None and used >= most:
                return False
        if caps.quantity is not None and caps.beyond == "refuse":  # The line has it whole or not at all.
            used = self.part.at_first.get(f"rule\x1f{rule.code}\x1fquantity", NOTHING)
            unit = self.reach.held(self.reach.unit) / self.reach.held(rule.unit)
            return caps.quantity - used >= self.part.whole * unit
        left = self.left(rule)
        return left is None or left > 0


def unit_of(thing: Scale | Requirement, rule: Rule) -> str | None:
    """The unit in which a scale or requirement counts; None: the item's own."""
    return (thing.unit if isinstance(thing, Requirement) else None) or rule.unit


def steps_of(scale: Scale) -> list[tuple[Decimal, Tier | None]]:
    """(from, tier) ascending; a tier up to a measure begins above the one before it."""
    if scale.tiers[0].from_ is not None:
        return [(tier.from_ or NOTHING, tier) for tier in scale.tiers]
    starts = [NOTHING, *(tier.up_to + SMALLEST for tier in scale.tiers if tier.up_to is not None)]
    return list(zip(starts, [*scale.tiers, None], strict=False))


def edges_of(scale: Scale, pieces: bool) -> list[tuple[Decimal, Tier | None]]:
    """(behind, tier): what each tier of a graduated scale begins behind; "from the 11th piece" is behind ten."""
    if scale.tiers[0].from_ is not None:
        edges = [tier.from_ or NOTHING for tier in scale.tiers]
        edges = [edge - 1 if pieces and edge >= 1 else edge for edge in edges]
        return list(zip([NOTHING, *edges[1:]], scale.tiers, strict=True))
    return list(
        zip(
            [NOTHING, *(tier.up_to for tier in scale.tiers if tier.up_to is not None)],
            [*scale.tiers, None],
            strict=False,
        )
    )
