"""The steps of a scheme that work on the whole basket, one after the other."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from listino.core.basket_question import BasketLine, BasketQuestion, FreeGoods, Whole
from listino.core.candidates import Candidate, Reason
from listino.core.effects import Effect, Till, effect_of
from listino.core.facts import Tax
from listino.core.filters import best_first
from listino.core.gifts import gift_of
from listino.core.measures import Bought
from listino.core.money import ZERO
from listino.core.pick import kept_of
from listino.core.pieces import Piece, groups_of
from listino.core.question import NotApplied
from listino.core.rules import Rule
from listino.core.scheme import StepPlan
from listino.core.shares import shares_of, whole_of
from listino.core.standing import Scene, Standing, collected, unmet
from listino.core.totals import MIX
from listino.core.worth import Unpriced


@dataclass(slots=True)
class ChargeUnderWay:
    """A charge for the whole order: what it comes to by its taxes, discounts on it taken off."""

    step: str
    rule: Rule
    value: Decimal
    whole: Whole
    pieces: list[Piece]


@dataclass(slots=True)
class Applied:
    """A rule that was applied: of how many units it lowered the price, and what it took off in all."""

    standing: Standing
    units: Decimal
    amount: Decimal


@dataclass(slots=True)
class BasketWork:
    """A basket under way through its steps.

    Shapes:  lines: those that are asked, as they were resolved; pieces: what they come to; usage: what
             was used up before this order; effects: of the step's rules what was worked out, and after
             how many changes to their goods; changes: when goods that are given could cost something else.
    """

    basket: BasketQuestion
    lines: list[BasketLine]
    pieces: list[Piece]
    usage: Mapping[str, Decimal]
    till: Till
    charges: list[ChargeUnderWay] = field(default_factory=list)
    free_goods: list[FreeGoods] = field(default_factory=list)
    not_applied: list[NotApplied] = field(default_factory=list)
    applied: list[Applied] = field(default_factory=list)
    taken: dict[str, Candidate] = field(default_factory=dict)
    beside: list[Piece] = field(default_factory=list)
    gift_lines: list[Bought] = field(default_factory=list)
    changes: list[datetime | None] = field(default_factory=list)
    effects: dict[str, tuple[int, tuple[Effect, FreeGoods | None]]] = field(default_factory=dict)

    def carry_out(self) -> None:
        """Every step of the basket in the scheme's order."""
        goods = [piece for piece in self.pieces if piece.own is None]
        self.beside = [piece for piece in self.pieces if piece.own is not None]
        if not goods:
            return
        for index, step in enumerate(goods[0].line.facts.steps):
            if step.plan.kind == "basket" and any(piece.line.facts.steps[index].live for piece in goods):
                self._carry_out(index, step.plan, goods)
        if self.basket.explain == "all":
            self._tell_dead()

    def _carry_out(self, index: int, plan: StepPlan, goods: list[Piece]) -> None:
        for piece in self.pieces:
            piece.entry, piece.used = piece.amount, ZERO
        mode = "gross" if self.till.gross else "net"
        scene = Scene(index, plan, goods, self.gift_lines, self.usage, mode, self.till.coin)
        found, refusals = collected(scene)
        skipped = self.not_applied
        self._tell_refusals(plan, found, refusals)
        mixes = _mixes(found)
        passed: dict[str, Standing] = {}
        for code, standing in found.items():
            reason = unmet(standing, scene, mixes)
            group = standing.rule.exclusion_group
            if reason is None and group is not None and group in self.taken:
                reason = ("excluded", self.taken[group])
            if reason is not None:
                skipped.append((plan.name, standing.rule, *reason))
                if reason == ("measure_unknown", "weight"):
                    _flag_unweighed(standing.rule, goods)
            else:
                passed[code] = standing
        self.effects.clear()
        ranks = self._ranks(passed, scene)
        ranked = sorted(passed, key=ranks.__getitem__)
        kept = kept_of(plan, [(passed[code].candidate, passed[code].value) for code in ranked])
        codes = [candidate.rule.code for candidate, _ in kept]
        for code in ranked:
            if code in codes:
                self._apply(passed[code], scene)
            else:
                beaten_by = (kept[0][0], _decided_by(plan, ranks[codes[0]], ranks[code]))
                skipped.append((plan.name, passed[code].rule, "beaten", beaten_by))

    def _tell_refusals(
        self, plan: StepPlan, found: Mapping[str, Standing], refusals: list[tuple[Piece, Rule, Reason]]
    ) -> None:
        """Why rules hold on no line: told once, of the basket; and why on this one not but on others: of the line."""
        told: set[str] = set()
        for piece, rule, reason in refusals:
            if rule.code in found:
                piece.price.not_applied.append((plan.name, rule, *reason))
            elif rule.code not in told:
                told.add(rule.code)
                self.not_applied.append((plan.name, rule, *reason))

    def _ranks(self, passed: Mapping[str, Standing], scene: Scene) -> dict[str, tuple[Any, ...]]:
        """The place of each rule that applies: (outcome, what never moves, what does), the smaller comes first.

        The outcome is what the buyer pays; it comes first where the step picks the best.
        """
        if len(passed) < 2:
            return dict.fromkeys(passed, ())
        plan = scene.plan
        by_outcome = plan.pick == "best"
        needs_outcome = by_outcome or "value" in plan.moving_rank

        def place(standing: Standing) -> tuple[Any, ...]:
            outcome = -self._effect(standing, scene)[0].benefit if needs_outcome else ZERO
            moving = best_first(plan.moving_rank, standing.candidate, outcome, standing.question, standing.line.facts)
            return (outcome if by_outcome else ZERO, standing.candidate.rank, moving)

        return {code: place(standing) for code, standing in passed.items()}

    def _effect(self, standing: Standing, scene: Scene) -> tuple[Effect, FreeGoods | None]:
        """What a rule comes to: worked out for its rank, and anew only if its goods have changed since."""
        pieces = self._works_on(standing)
        offer = standing.rule.offer
        counted = pieces if offer is None or (offer.bought is None and offer.target is None) else scene.goods
        changes = len(pieces) + sum(len(piece.shares) for piece in counted)
        known = self.effects.get(standing.rule.code)
        if known is not None and known[0] == changes and scene.plan.combine != "once":
            return known[1]
        try:
            if standing.rule.action == "free_goods":
                found = gift_of(standing, self.basket.gifts, scene, self.till)
            else:
                found = effect_of(standing, pieces, scene, self.till), None
        except Unpriced as missing:
            found = Effect(reason=str(missing)), None
        self.effects[standing.rule.code] = changes, found
        self.changes.append(found[0].until)
        return found

    def _works_on(self, standing: Standing) -> list[Piece]:
        """The lines of a rule, and the charges that it may discount beside them."""
        beside = self.beside
        if not beside and not self.charges:
            return standing.pieces
        orders = [] if _names_goods(standing.rule) else [piece for charge in self.charges for piece in charge.pieces]
        ids = {piece.line.id for piece in standing.pieces}
        open_charges = [piece for piece in orders if not piece.closed]
        return [*standing.pieces, *(piece for piece in beside if piece.line.id in ids), *open_charges]

    def _apply(self, standing: Standing, scene: Scene) -> None:
        rule, plan = standing.rule, scene.plan
        effect, gift = self._effect(standing, scene)
        if effect.reason is not None:
            self.not_applied.append((plan.name, rule, effect.reason, None))
            return
        if gift is not None:
            self.free_goods.append(gift)
            line = self.basket.gifts[gift.item]
            self.gift_lines.append(Bought(line, effect.units))
        whole = whole_of(standing, effect, plan, self.till)
        for tax, amount in effect.charges:
            self._charge(standing, whole, plan, tax, amount)
        charge = rule.sign == "charge" or rule.action == "indexed"
        for piece, share in shares_of(standing, effect, plan, whole):
            piece.shares.append(share)
        for piece, amount, units in effect.changes:
            if rule.below_limit and not charge:
                piece.lower_floor(amount, units, self.till.coin)
            piece.amount += amount if charge else -amount
        self._remember(standing, effect, scene)

    def _remember(self, standing: Standing, effect: Effect, scene: Scene) -> None:
        """What an applied rule leaves behind: units that it has had, groups that it takes, prices that are final."""
        rule = standing.rule
        for piece, *_ in effect.changes:
            if rule.exclusion_group is not None or scene.plan.group is not None:
                piece.groups = piece.in_groups() | dict.fromkeys(groups_of(rule, scene.plan), standing.candidate)
            piece.closed = piece.closed or bool(rule.final)
        if rule.offer is not None or scene.plan.combine == "once":
            for piece, units in effect.used:
                piece.used += units
        if rule.exclusion_group is not None:
            self.taken.setdefault(rule.exclusion_group, standing.candidate)
        self.applied.append(Applied(standing, effect.units, max(effect.benefit, ZERO)))

    def _charge(self, standing: Standing, whole: Whole, plan: StepPlan, tax: Tax | None, amount: Decimal) -> None:
        own_line, line = standing.rule.own_line, standing.line
        closed = own_line is None or not own_line.discountable
        price = standing.pieces[0].price
        piece = Piece(line, price, ZERO, amount, ZERO, None, tax, closed, ("", standing.rule.code))
        last = self.charges[-1] if self.charges else None
        if last is not None and last.rule is standing.rule:
            last.pieces.append(piece)
        else:
            self.charges.append(ChargeUnderWay(plan.name, standing.rule, standing.value, whole, [piece]))

    def _tell_dead(self) -> None:
        """Rules that can work on none of the lines, whatever is bought."""
        live = {
            candidate.rule.code for piece in self.pieces for step in piece.line.facts.steps for candidate in step.live
        }
        told: set[str] = set()
        for line in self.lines:
            for step in line.facts.steps:
                for rule, (reason, detail) in step.dead if step.plan.kind == "basket" else ():
                    if rule.code not in live and rule.code not in told:
                        told.add(rule.code)
                        self.not_applied.append((step.plan.name, rule, reason, detail))


def _decided_by(plan: StepPlan, winner: tuple[Any, ...], loser: tuple[Any, ...]) -> str:
    """On which rank one rule comes before another."""
    if plan.pick == "all":
        return "exclusive"
    if winner[0] != loser[0]:
        return "value"
    ranks = [(plan.static_rank, winner[1], loser[1]), (plan.moving_rank, winner[2], loser[2])]
    pairs = (place for names, first, second in ranks for place in zip(names, first, second, strict=False))
    return next((name for name, first, second in pairs if first != second), "code")


def _mixes(found: Mapping[str, Standing]) -> dict[str, list[Piece]]:
    """By the key of a mix, the lines of all rules that share it."""
    mixes: dict[str, dict[int, Piece]] = {}
    for standing in found.values():
        scale = standing.rule.scale
        if scale is not None and scale.by.startswith(MIX):
            mixes.setdefault(scale.by, {}).update({id(piece): piece for piece in standing.pieces})
    return {key: list(pieces.values()) for key, pieces in mixes.items()}


def _flag_unweighed(rule: Rule, goods: Iterable[Piece]) -> None:
    """Say on each line without a known weight that a rule, freight perhaps, could not be judged for it."""
    for piece in goods:
        if piece.line.facts.item.weight is None:
            piece.price.flags = (*piece.price.flags, f"weight_unknown:{rule.code}")


def _names_goods(rule: Rule) -> bool:
    return any((rule.item, rule.variant, rule.item_group, rule.item_set, rule.brand))
