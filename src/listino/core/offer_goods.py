"""The goods of a basket as an offer sees them: what counts as bought, and what it may make cheaper."""

from dataclasses import replace

from listino.core.filters import converted
from listino.core.money import ZERO
from listino.core.offers import Goods
from listino.core.pieces import Piece
from listino.core.rules import Offer, Scope
from listino.core.standing import Scene, Standing
from listino.core.within import within


def goods_of(standing: Standing, offer: Offer, scene: Scene) -> tuple[list[Piece], list[Goods]]:
    """The lines that an offer counts as bought or makes cheaper, as it sees them."""
    own = {id(piece) for piece in standing.pieces}
    pieces: list[Piece] = []
    goods: list[Goods] = []
    once = scene.plan.combine == "once"
    for piece in standing.pieces if offer.bought is None and offer.target is None else scene.goods:
        mine = id(piece) in own
        bought = mine if offer.bought is None else _in_scope(piece, standing, offer.bought)
        target = mine if offer.target is None else _in_scope(piece, standing, offer.target)
        left = piece.quantity - piece.used if once else piece.quantity
        if (bought or target) and left > 0:
            net = (scene.of([piece])[0].net or ZERO) / piece.quantity if offer.amount_from is not None else ZERO
            unit = (piece.entry if once else piece.amount) / piece.quantity
            if piece.closed:  # Goods at a net price get no cheaper; they count as bought only for other goods.
                bought, target = bought and (offer.target is not None or offer.item is not None), False
            pieces.append(piece)
            goods.append(Goods(unit, net, left, bought, target, piece.name))
    return pieces, goods


def in_basket(offer: Offer, standing: Standing) -> Offer:
    """An offer with the amount that must be bought for it in the basket's currency."""
    if offer.amount_from is None or standing.candidate.own_currency:
        return offer
    amount = converted(offer.amount_from, standing.candidate, standing.question, standing.line.facts)
    return replace(offer, amount_from=amount)


def _in_scope(piece: Piece, standing: Standing, scope: Scope) -> bool:
    question, circle = piece.line.question, piece.line.facts.circle
    exceptions = standing.candidate.ready.exceptions
    return within(scope, question, circle) and not any(within(one, question, circle) for one in exceptions)
