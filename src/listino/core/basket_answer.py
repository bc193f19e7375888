"""From a basket whose steps are carried out to its answer: tax on all of it, totals, what an order would use up."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from listino.core.basket_question import BasketLine, BasketPrice, FreeGoods, OrderCharge, PricedLine, Share, Totals
from listino.core.basket_steps import BasketWork
from listino.core.candidates import every_candidate
from listino.core.money import ONE, ZERO
from listino.core.pieces import Piece, in_mode, own_amount
from listino.core.question import NoPrice, OwnCharge, Price
from listino.core.rates import rate_at
from listino.core.reservations import Reservation, reserved_of_rule
from listino.core.taxes import Amounts, Taxable, Taxed, taxed

Resolved = tuple[BasketLine, Price | NoPrice]
# An amount after tax, in the order in which they were put together.
_After = Iterator[tuple[Taxable, Amounts]]


def answered(work: BasketWork, resolved: Sequence[Resolved]) -> BasketPrice:
    """The answer to a basket.

    Shapes:  resolved: its lines in the order asked. Lines are taxed by item and id, so that the order
             does not decide which of them has the last coin.
    """
    basket = work.basket
    priced = [(line, price) for line, price in resolved if isinstance(price, Price)]
    priced.sort(key=lambda found: (found[1].item, found[0].id))
    parts = list(_parts(work, priced))
    result = taxed(parts, basket.currency, basket.tax_rounding)
    after = zip(parts, result.amounts, strict=True)
    goods = {piece.line.id: piece for piece in work.pieces if piece.own is None}
    own = {id(piece.own): tuple(piece.shares) for piece in work.pieces if piece.own is not None}
    taken = {line.id: _line(line, price, goods.get(line.id), own, after) for line, price in priced}
    free_goods = tuple(_gift(gift, after) for gift in work.free_goods)
    charges = tuple(
        OrderCharge(
            charge.step, charge.rule, charge.value, *_told(*next(after)), piece.tax, piece.before(),
            charge.whole, tuple(piece.shares),
        )
        for charge in work.charges for piece in charge.pieces
    )  # fmt: skip
    lines = tuple(
        PricedLine(line.id, price) if isinstance(price, NoPrice) else taken[line.id] for line, price in resolved
    )
    return BasketPrice(
        lines, free_goods, charges, _totals(result, parts, work.till.coin),
        work.not_applied if basket.explain == "all" else [], _reserved(work), _coupons_unused(work, priced),
    )  # fmt: skip


def _parts(work: BasketWork, priced: Iterable[tuple[BasketLine, Price]]) -> Iterator[Taxable]:
    """All that is taxed: lines and the charges beside them, goods that are given, charges for the order."""
    goods = {piece.line.id: piece for piece in work.pieces if piece.own is None}
    own = {id(piece.own): piece for piece in work.pieces if piece.own is not None}
    gross = work.till.gross
    for line, price in priced:
        yield _taxable(price, goods.get(line.id), gross)
        for charge in price.own_lines:
            piece = own.get(id(charge))
            is_gross = price.tax_mode == "gross" and charge.gross is not None
            if piece is not None and piece.changed():
                yield Taxable(piece.amount, gross, charge.tax_fact)
            else:
                yield Taxable(own_amount(charge, is_gross), is_gross, charge.tax_fact)
    for gift in work.free_goods:
        yield Taxable(gift.net, gift.tax_mode == "gross", gift.tax_fact)
        for charge in gift.own_lines:
            is_gross = gift.tax_mode == "gross" and charge.gross is not None
            yield Taxable(own_amount(charge, is_gross), is_gross, charge.tax_fact)
    for under_way in work.charges:
        for piece in under_way.pieces:
            yield Taxable(piece.amount, gross, piece.tax)


def _taxable(price: Price, piece: Piece | None, gross: bool) -> Taxable:
    """What a line comes to; one that the basket did not change stays in the mode of its own price."""
    if piece is not None and piece.changed():
        return Taxable(piece.amount, gross, price.tax_fact)
    own_mode = price.tax_mode == "gross"
    return Taxable(in_mode(price, own_mode), own_mode, price.tax_fact)


def _told(part: Taxable, amounts: Amounts) -> tuple[Decimal, Decimal | None, Decimal | None]:
    """Net, tax and gross; without a tax only the net is known."""
    return (amounts.net, None, None) if part.tax is None else (amounts.net, amounts.tax, amounts.gross)


def _line(
    line: BasketLine, price: Price, piece: Piece | None, own: Mapping[int, tuple[Share, ...]], after: _After
) -> PricedLine:
    shares = tuple(piece.shares) if piece is not None else ()
    own_shares = tuple(own.get(id(charge), ()) for charge in price.own_lines)
    return PricedLine(line.id, price, shares, *_told(*next(after)), _own_lines(price.own_lines, after), own_shares)


def _own_lines(charges: tuple[OwnCharge, ...], after: _After) -> tuple[OwnCharge, ...]:
    return tuple(
        charge._replace(net=net, tax=tax, gross=gross)
        for charge in charges
        for net, tax, gross in (_told(*next(after)),)
    )


def _gift(gift: FreeGoods, after: _After) -> FreeGoods:
    net, tax, gross = _told(*next(after))
    return replace(gift, net=net, tax=tax, gross=gross, own_lines=_own_lines(gift.own_lines, after))


def _totals(result: Taxed, parts: Sequence[Taxable], coin: Decimal) -> Totals:
    net = tax = coin * 0
    for amounts in result.amounts:
        net, tax = net + amounts.net, tax + amounts.tax
    if any(part.tax is None for part in parts):
        return Totals(net, None, None, result.rows, result.rounding)
    return Totals(net, tax, net + tax, result.rows, result.rounding)


def _reserved(work: BasketWork) -> tuple[Reservation, ...]:
    """What an order takes of the basket's rules of which there is only so much."""
    found: list[Reservation] = []
    for applied in work.applied:
        standing, facts, question = applied.standing, applied.standing.line.facts, applied.standing.question
        rule = standing.rule
        if rule.caps is not None:
            units = applied.units / facts.factors.get(rule.unit or facts.item.unit, ONE)
            rate = rate_at(question.currency, standing.candidate.currency, question.at, facts.circle) or ZERO
            found.append(reserved_of_rule(rule, units, applied.amount * rate, question.customer))
    return tuple(found)


def _coupons_unused(work: BasketWork, priced: Iterable[tuple[BasketLine, Price]]) -> tuple[str, ...]:
    """The coupons that no applied rule names."""
    coupons = work.basket.coupons
    if not coupons:
        return ()
    used = {applied.standing.rule.coupon for applied in work.applied}
    for line, price in priced:
        codes = {step[2] for part in (price, *price.segments) for step in part.steps}
        codes |= {charge.rule.code for charge in price.own_lines}
        rules = (candidate.rule for candidate in every_candidate(line.facts.steps))
        used |= {rule.coupon for rule in rules if rule.code in codes}
    return tuple(coupon for coupon in coupons if coupon not in used)
