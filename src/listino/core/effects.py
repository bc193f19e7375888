"""What a rule of the basket takes off lines, adds to them or charges beside them, shared out to the coin."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from listino.core.caps import capped_total
from listino.core.facts import Tax
from listino.core.filters import converted
from listino.core.limits import tax_factor
from listino.core.money import HUNDRED, ONE, SETTLED, ZERO, shared
from listino.core.offer_goods import goods_of, in_basket
from listino.core.offers import reduced
from listino.core.pick import Pick
from listino.core.pieces import Piece
from listino.core.question import Running
from listino.core.rules import Offer
from listino.core.standing import Scene, Standing
from listino.core.worth import tax_at


class Part(NamedTuple):
    """What one piece bears of a rule: by which weight (of a percentage: what it is of), and how much limits cut off.

    Units:   amount and cut at the minor unit, amount without what is cut; units: how many of its units.
    """

    piece: Piece
    base: Decimal
    amount: Decimal
    cut: Decimal
    units: Decimal


@dataclass(slots=True)
class Effect:
    """What a rule comes to, before it is carried out.

    Units:   changes: what each piece loses (or gains, of a charge), above 0, at the minor unit, and on how
             many of its units; benefit: what the buyer has of it, below 0 for a charge; units: how many
             get cheaper or are given; total: of all pieces, before limits; capped: whether caps left of it
             no more than that; base: of a charge on a line of its own, what its percentage is of.
    Shapes:  parts: what each piece that it works on bears of the total, where that may be nothing; charges:
             amounts of a line of its own by their tax; used: units that the rule has had, by piece;
             reason: why it comes to nothing, where it does; until: when the price of goods that are given
             could change.
    """

    changes: list[tuple[Piece, Decimal, Decimal]] = field(default_factory=list)
    charges: list[tuple[Tax | None, Decimal]] = field(default_factory=list)
    used: list[tuple[Piece, Decimal]] = field(default_factory=list)
    benefit: Decimal = ZERO
    units: Decimal = ZERO
    total: Decimal = ZERO
    capped: bool = False
    base: Decimal | None = None
    parts: list[Part] = field(default_factory=list)
    reason: str | None = None
    until: datetime | None = None


@dataclass(slots=True)
class Till:
    """How amounts of a basket are kept: at its currency's minor unit, in its tax mode, rounded as its channel says."""

    digits: int
    coin: Decimal
    gross: bool
    money_mode: str

    def rounded(self, amount: Decimal) -> Decimal:
        """An amount at the minor unit."""
        return SETTLED.plus(amount).quantize(self.coin, self.money_mode)


def effect_of(standing: Standing, pieces: Sequence[Piece], scene: Scene, till: Till) -> Effect:
    """What a rule takes off or adds.

    Shapes:  pieces: what it works on, by name: its lines, and charges that it may discount.
    """
    rule = standing.rule
    if rule.own_line is not None:
        return _charged(standing, pieces, scene, till)
    if rule.offer is not None:
        return _offered(standing, rule.offer, scene, till)
    charge = rule.sign == "charge" or rule.action == "indexed"
    open_pieces = [piece for piece in pieces if charge or not piece.closed]
    if not open_pieces:
        return Effect(reason="stopped_by_final")
    total, weights = _total(standing, open_pieces, scene, till, charge=charge)
    total = till.rounded(total)
    if charge:
        parts = zip(open_pieces, weights, shared(total, weights, till.digits), _quantities(open_pieces), strict=True)
        effect = _clipped(standing, parts, charge=True)
        effect.units, effect.total = _units(open_pieces), total
        return effect
    total, most = min(total, sum((piece.amount for piece in open_pieces), ZERO)), _units(open_pieces)
    uncapped = total
    if rule.caps is not None:
        mode = _mode_ratio(standing, open_pieces, till)
        place = standing.question, standing.line.facts
        total, most, reason = capped_total(standing.candidate, (total, most), place, mode)
        if reason is not None:
            return Effect(reason=reason)
        total = till.rounded(total)
    if total <= 0:
        return Effect(reason=None if rule.action == "percent" and not standing.value else "nothing_to_reduce")
    parts = zip(open_pieces, weights, shared(total, weights, till.digits), _quantities(open_pieces), strict=True)
    effect = _clipped(standing, parts)
    effect.total, effect.capped = total, total != uncapped
    effect.units = min(_units([piece for piece, *_ in effect.changes]), most)
    effect.used = [(piece, piece.quantity - piece.used) for piece, *_ in effect.changes if piece.own is None]
    return effect


def _total(
    standing: Standing, pieces: Sequence[Piece], scene: Scene, till: Till, *, charge: bool
) -> tuple[Decimal, tuple[Decimal, ...]]:
    """What a rule comes to over its pieces, exact, and by which weights it is shared over them."""
    rule = standing.rule
    if rule.action == "percent":
        weights = tuple(_basis(standing, piece, scene, till) for piece in pieces)
        return sum(weights, ZERO) * standing.value / HUNDRED, weights
    weights = tuple(piece.amount for piece in pieces)
    if rule.action == "indexed":
        weights = tuple(_by_line(standing, piece, scene, till, ONE) for piece in pieces)
        return sum(weights, ZERO), weights
    amount = _amount(standing) * _mode_ratio(standing, pieces, till)
    if rule.action == "amount":
        return amount, weights
    goods = sum(weights, ZERO)
    return max(amount - goods if charge else goods - amount, ZERO), weights


def _amount(standing: Standing) -> Decimal:
    """An amount of a rule in the basket's currency: once, or by each unit that a graduated scale measures."""
    rule, line = standing.rule, standing.line
    amount = converted(standing.value, standing.candidate, standing.question, line.facts)
    if rule.scale is not None and rule.scale.kind == "graduated":
        unit = rule.unit or line.facts.item.unit
        amount *= standing.measure / (line.facts.factors[unit] if rule.scale.measure == "quantity" else ONE)
    return amount


def _mode_ratio(standing: Standing, pieces: Sequence[Piece], till: Till) -> Decimal:
    """What an amount that is meant net comes to in a basket with tax, or the other way round.

    By the tax of its own line where it has one, else by what the goods bear together.
    """
    meant = standing.candidate.rule.tax_mode
    if meant is None or (meant == "gross") == till.gross:
        return ONE
    own_line = standing.rule.own_line
    if own_line is not None and own_line.tax_class is not None:
        tax = tax_at(standing.line.facts.own_taxes.get(own_line.tax_class, ()), standing.question)
        factor = ONE if tax is None else tax_factor(tax.percent)
    else:
        total = sum((piece.amount for piece in pieces), ZERO)
        other = sum((piece.amount * _factor_of(piece, till) for piece in pieces), ZERO)
        return total / other if other else ONE
    return factor if till.gross else ONE / factor


def _factor_of(piece: Piece, till: Till) -> Decimal:
    factor = ONE if piece.tax is None else tax_factor(piece.tax.percent)
    return ONE / factor if till.gross else factor


def _basis(standing: Standing, piece: Piece, scene: Scene, till: Till) -> Decimal:
    """What a percentage is of, for one piece."""
    basis = standing.rule.basis or scene.plan.base
    if scene.plan.combine == "once":
        return _untouched(piece)
    if basis == "running" or piece.own is not None:
        return piece.amount if scene.plan.combine == "cascade" else piece.entry
    return _by_line(standing, piece, scene, till, HUNDRED)


def _by_line(standing: Standing, piece: Piece, scene: Scene, till: Till, value: Decimal) -> Decimal:
    """What a rule comes to on one line alone, as its own steps would reckon it."""
    price, question, facts = piece.price, piece.line.question, piece.line.facts
    worth = Pick(question, facts).worth
    total = ZERO
    for part in price.segments or (price,):
        factor = worth.tax_factor if part.tax_mode == "gross" and not till.gross else ONE
        for step, *_, after in part.steps:
            worth.after[step] = after / factor
        unit = piece.amount / price.quantity * part.per
        first = (part.first if part.first is not None else part.list_price) / factor
        running = Running(unit, part.per, first, "gross" if till.gross else "net", part.price_list, None)
        change = worth.change_by(standing.candidate, value, facts.steps[scene.index], running, unit)
        total += change * part.quantity / part.per
    return total


def _untouched(piece: Piece) -> Decimal:
    """What of a piece no rule of the step has had yet, where each unit is used once."""
    if not piece.used or not piece.quantity:
        return piece.entry
    return piece.entry * (piece.quantity - piece.used) / piece.quantity


def _units(pieces: Sequence[Piece]) -> Decimal:
    return sum((piece.quantity for piece in pieces if piece.own is None), ZERO)


def _quantities(pieces: Sequence[Piece]) -> Iterator[Decimal]:
    return (piece.quantity for piece in pieces)


def _clipped(
    standing: Standing, parts: Iterable[tuple[Piece, Decimal, Decimal, Decimal]], *, charge: bool = False
) -> Effect:
    """The shares that limits let through; what cannot be given, or charged, on one line is not on another.

    Shapes:  parts: piece, weight, amount, units. A charge by quotation may be a credit, with shares below 0.
    """
    effect = Effect()
    sign = ONE if charge else -ONE
    cut = ZERO
    for piece, base, share, units in parts:
        change = piece.within_limits(sign * share, below=standing.rule.below_limit)
        part = Part(piece, base, sign * change, share - sign * change, units)
        effect.parts.append(part)
        effect.benefit -= change
        cut += abs(part.cut)
        if change:
            effect.changes.append((piece, part.amount, units))
    if not effect.changes and (cut or not charge):
        effect.reason = "limit_reached" if cut else "nothing_to_reduce"
    return effect


def _offered(standing: Standing, offer: Offer, scene: Scene, till: Till) -> Effect:
    """What an offer takes off the goods of its target."""
    offer = in_basket(offer, standing)
    pieces, goods = goods_of(standing, offer, scene)
    value = standing.value
    if offer.reduction != "percent":
        value = converted(value, standing.candidate, standing.question, standing.line.facts)
    reduction = reduced(offer, value, goods)
    units = sum(reduction.units.values(), ZERO)
    exact = uncapped = sum(reduction.amounts.values(), ZERO)
    if not reduction.times:
        return Effect(reason="too_little_bought")
    caps = standing.rule.caps
    if caps is not None:
        mode = _mode_ratio(standing, [pieces[place] for place in reduction.amounts], till)
        place = standing.question, standing.line.facts
        exact, units, reason = capped_total(standing.candidate, (exact, units), place, mode)
        if reason is not None:
            return Effect(reason=reason)
    total = till.rounded(exact)
    if total <= 0:
        return Effect(reason="nothing_to_reduce")
    places = sorted(reduction.amounts)
    weights = tuple(reduction.amounts[place] for place in places)
    shares = zip(places, weights, shared(total, weights, till.digits), strict=True)
    effect = _clipped(standing, [(pieces[place], base, share, reduction.units[place]) for place, base, share in shares])
    effect.units, effect.total, effect.capped = units, total, exact != uncapped
    effect.used = [(pieces[place], part) for place, part in reduction.used.items()]
    return effect


def _charged(standing: Standing, pieces: Sequence[Piece], scene: Scene, till: Till) -> Effect:
    """A charge for the order on a line of its own: under its own tax class, or taxed as the goods are."""
    total, weights = _total(standing, pieces, scene, till, charge=True)
    total, base = till.rounded(total), sum(weights, ZERO)
    own_line = standing.rule.own_line
    if own_line is not None and own_line.tax_class is not None:
        taxes = standing.line.facts.own_taxes.get(own_line.tax_class, ())
        return Effect(charges=[(tax_at(taxes, standing.question), total)], benefit=-total, total=total, base=base)
    by_rate: dict[tuple[Decimal, str, str], tuple[Tax | None, Decimal]] = {}
    for piece in standing.pieces:
        tax = piece.tax
        rate = (ONE, "", "") if tax is None else (-tax.percent, tax.category, tax.reason or "")
        by_rate[rate] = (tax, by_rate.get(rate, (tax, ZERO))[1] + piece.amount)
    parts = [by_rate[rate] for rate in sorted(by_rate)]
    shares = shared(total, tuple(weight for _, weight in parts), till.digits)
    charges = [(tax, share) for (tax, _), share in zip(parts, shares, strict=True) if share or len(parts) == 1]
    return Effect(charges=charges or [(parts[0][0], total)], benefit=-total, total=total, base=base)
