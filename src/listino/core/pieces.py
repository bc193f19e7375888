"""The amounts of a basket between two of its steps: what each line comes to, and how much may be taken off it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from listino.core.basket_question import BasketLine, Share
from listino.core.candidates import Candidate, every_step
from listino.core.facts import Tax
from listino.core.measures import own_quantity
from listino.core.money import EXACT, HUNDRED, ONE, SETTLED, ZERO
from listino.core.question import OwnCharge, Price
from listino.core.rules import Rule
from listino.core.scheme import StepPlan

# An exclusion group, of a "rule" or a "step".
Group = tuple[str, str]


@dataclass(slots=True, eq=False)
class Piece:
    """One amount of a basket under way: a line's goods, or a charge beside them that may be discounted.

    Units:   amount and entry (as the step began) in the basket's tax mode at the minor unit; quantity
             in the item's own unit, as is `used`, what rules of the step have had; floor and
             ceiling: what limits leave at least and at most, in the same mode.
    Shapes:  closed: nothing further is taken off; groups: the exclusion groups that it has been in, once
             somebody asks; name: sorts lines the same in whatever order they are asked.
    """

    line: BasketLine
    price: Price
    quantity: Decimal
    amount: Decimal
    floor: Decimal
    ceiling: Decimal | None
    tax: Tax | None
    closed: bool
    name: tuple[str, str]
    own: OwnCharge | None = None
    entry: Decimal = ZERO
    used: Decimal = ZERO
    groups: dict[Group, Candidate] | None = None
    shares: list[Share] = field(default_factory=list)

    def changed(self) -> bool:
        """Whether a rule of the basket has changed its amount."""
        return any(share.amount for share in self.shares)

    def before(self) -> Decimal:
        """Its amount before the rules of the basket changed it."""
        changes = (share.amount if share.kind == "charge" else -share.amount for share in self.shares)
        return self.amount - sum(changes, ZERO)

    def within_limits(self, change: Decimal, *, below: bool = False) -> Decimal:
        """What limits let through of a change (below 0: taken off); `below`: lowest prices do not count for it."""
        if change < 0:
            floor = ZERO if below else self.floor
            return max(change, min(floor - self.amount, ZERO))
        return change if self.ceiling is None else min(change, max(self.ceiling - self.amount, ZERO))

    def lower_floor(self, amount: Decimal, units: Decimal, coin: Decimal) -> None:
        """Let what is taken off so many units lie below the limits; the other units still keep them."""
        limit = EXACT.divide(self.floor, self.quantity)
        left = EXACT.divide(self.amount, self.quantity) - EXACT.divide(amount, units)
        floor = self.floor - max(limit - left, ZERO) * units
        self.floor = max(SETTLED.plus(floor), ZERO).quantize(coin, ROUND_CEILING, EXACT)

    def in_groups(self) -> dict[Group, Candidate]:
        """The exclusion groups of rules and steps that it has been in, with by which rule."""
        if self.groups is None:
            self.groups = _groups(self.line, self.price)
        return self.groups

    def worth(self, mode: str, own_mode: str, coin: Decimal) -> Decimal:
        """What it came to as the step began, net or gross, at the minor unit; `own_mode` is the basket's."""
        if mode == own_mode or self.tax is None or not self.tax.percent:
            return self.entry
        factor = ONE + self.tax.percent / HUNDRED
        if mode == "gross":
            return SETTLED.multiply(self.entry, factor).quantize(coin)
        return SETTLED.divide(self.entry, factor).quantize(coin)


def pieces_of(lines: Sequence[tuple[BasketLine, Price]], coin: Decimal, gross: bool) -> list[Piece]:
    """The goods of each line that is bought, and the charges beside them that discounts may work on, by name."""
    pieces: list[Piece] = []
    for line, price in lines:
        if price.quantity <= 0:
            continue
        name = (price.item, line.id)
        quantity = own_quantity(line)
        amount = in_mode(price, gross)
        limits = _limits(price, gross, coin)
        goods = Piece(line, price, quantity, amount, *limits, price.tax_fact, price.final, name)
        pieces.append(goods)
        for own in price.own_lines:
            if own.rule.own_line is not None and own.rule.own_line.discountable:
                amount = own_amount(own, gross)
                pieces.append(Piece(line, price, quantity, amount, ZERO, None, own.tax_fact, False, name, own))
    pieces.sort(key=lambda piece: piece.name)
    return pieces


def in_mode(price: Price, gross: bool) -> Decimal:
    """What a line comes to in a tax mode."""
    return price.gross if gross and price.gross is not None else price.net


def own_amount(charge: OwnCharge, gross: bool) -> Decimal:
    """What a charge beside a line comes to in a tax mode."""
    return charge.gross if gross and charge.gross is not None else charge.net


def _limits(price: Price, gross: bool, coin: Decimal) -> tuple[Decimal, Decimal | None]:
    """What the limits of a line leave of it at least, rounded up to the coin, and at most, rounded down."""
    floor = ZERO
    ceiling: Decimal | None = ZERO
    for part in price.segments or (price,):
        # The coin is what the line may lack, or have too much, where its rate's tax is shared out.
        floor += ZERO if part.low is None else _limit(part, part.low, gross, coin)
        ceiling = None if ceiling is None or part.high is None else ceiling + _limit(part, part.high, gross, -coin)
    most = None if ceiling is None else ceiling.quantize(coin, ROUND_FLOOR, EXACT)
    return floor.quantize(coin, ROUND_CEILING, EXACT), most


def _limit(part: Price, limit: Decimal, gross: bool, spare: Decimal) -> Decimal:
    """What a line or one part of it comes to at a limit, in the basket's tax mode."""
    amount = EXACT.divide(EXACT.multiply(limit, part.quantity), part.per)
    if part.tax_mode == "gross" and not gross and part.tax_fact is not None:
        amount = EXACT.divide(amount + spare, ONE + part.tax_fact.percent / HUNDRED)
    return SETTLED.plus(amount)


def _groups(line: BasketLine, price: Price) -> dict[Group, Candidate]:
    """The exclusion groups of the rules and steps that made a line's price."""
    steps = {applied[0] for applied in price.steps}
    codes = {applied[2] for applied in price.steps}
    found: dict[Group, Candidate] = {}
    for step in every_step(line.facts.steps):
        if step.plan.kind != "basket" and step.plan.name in steps:
            for candidate in step.live:
                if candidate.rule.code in codes:
                    found |= dict.fromkeys(groups_of(candidate.rule, step.plan), candidate)
    return found


def groups_of(rule: Rule, plan: StepPlan) -> set[Group]:
    """The exclusion groups that a rule is in as it applies in a step: its own, and the step's."""
    found: set[Group] = set()
    if rule.exclusion_group is not None:
        found.add(("rule", rule.exclusion_group))
    if plan.group is not None:
        found.add(("step", plan.group))
    return found
