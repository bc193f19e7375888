"""What a basket's quote says, and whether an order may have what it promises."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from listino.core.basket import BasketPrice
from listino.core.errors import Refused
from listino.core.manual import rule_of, said_of
from listino.core.money import plain
from listino.core.orders import Order, Party
from listino.core.question import Price
from listino.core.quotes import Quote, digest_of
from listino.core.validity import zone_named
from listino.db.snapshot import Snapshot, snapshot
from listino.flows.basket import Basket, LineFound, basket
from listino.flows.circumstances import attributes_of
from listino.flows.ours import of_basket
from listino.flows.price import Asked, buyer_for, ware_for
from listino.flows.settlement import NOTHING, Quoted, asked_lines, lines_for_nothing, taken_from

# Through which channel an order came, when it was placed, and when it got here.
Told = tuple[str | None, datetime, datetime]
# A store that could not reach us hands its orders in late; what is older than this is looked at by a person.
HANDED_IN_WITHIN = timedelta(days=7)
# A store's clock may run behind ours by this much; what was placed earlier was not placed with the quote.
CLOCK_BEHIND_MAX = timedelta(minutes=10)


def promised(book: Snapshot, context: Asked, basket: Basket, name: str, holds_for: timedelta) -> Quote | None:
    """The quote of a basket; None where it is empty, or a line has no price or comes back: nothing to order."""
    if not basket.lines or not all(
        isinstance(line, LineFound) and isinstance(line.priced.price, Price) for line in basket.lines
    ):
        return None
    if any(line.price.quantity < 0 for line in basket.price.lines):
        return None
    return Quote(
        id=name,
        customer=context.customer,
        channel=context.channel,
        context={field: value for field, value in (*_said(context), ("manual", _manual(basket))) if value},
        at=context.at,
        revision=book.revision,
        epoch=book.reading.epoch,
        lines=digest_of(_asked_rows(basket)),
        amounts=digest_of(_amount_rows(basket.price)),
        totals=_totals(basket),
        usage=basket.usage,
        expires_at=context.at + holds_for,
    )


def _said(context: Asked) -> Iterator[tuple[str, object]]:
    """What else of a question than who and when a price may depend on."""
    delivery_at: datetime | None = context.delivery_at
    yield from (
        ("currency", context.currency),
        ("country", context.country),
        ("ship_to", context.ship_to),
        ("order_type", context.order_type),
        ("coupons", context.coupons),
        ("attributes", context.attributes),
        ("delivery_at", None if delivery_at is None else delivery_at.isoformat()),
    )


def _manual(basket: Basket) -> list[tuple[str, str, str, list[dict[str, str]]]]:
    """What was set by hand for lines: item, quantity and unit of each, with its rules."""
    questions = (line.answered.question for line in basket.lines if isinstance(line, LineFound))
    return [
        (question.item, plain(question.quantity), question.unit, [said_of(rule) for rule in question.manual])
        for question in questions
        if question.manual
    ]


def _asked_rows(basket: Basket) -> Iterator[tuple[str, ...]]:
    """What was asked for: item, quantity and unit of each line, and what was set for it by hand."""
    for line in basket.lines:
        if isinstance(line, LineFound):
            question = line.answered.question
            manual = (text for rule in question.manual for part in sorted(said_of(rule).items()) for text in part)
            yield question.item, plain(question.quantity), question.unit, *manual


def _amount_rows(price: BasketPrice) -> Iterator[tuple[str, ...]]:
    """Everything that a basket comes to, down to each charge beside a line."""
    for line in price.lines:
        yield "line", line.price.item, plain(line.price.quantity), line.price.unit, str(line.net), str(line.gross)
        yield from (("own", line.price.item, own.rule.code, str(own.net), str(own.gross)) for own in line.own_lines)
    for goods in price.free_goods:
        yield "goods", goods.item, plain(goods.quantity), goods.unit, str(goods.net), str(goods.gross)
        yield from (("own", goods.item, own.rule.code, str(own.net), str(own.gross)) for own in goods.own_lines)
    yield from (("charge", charge.rule.code, str(charge.net), str(charge.gross)) for charge in price.charges)


def _totals(basket: Basket) -> tuple[Decimal, Decimal | None, Decimal | None]:
    totals = basket.price.totals
    return totals.net, totals.tax, totals.gross


def honoured(book: Snapshot, order: Order, quote: Quote, told: Told) -> Quoted | str:
    """What an order is promised by the quote that it brings; or why it is not, as the reason to hold it.

    Shapes:  told: through which channel the order came, when it was placed, and when it got here. The second
             counts for how long a quote holds, but a quote is not honoured for ever.
    """
    channel, placed_at, now = told
    if quote.epoch != book.reading.epoch or quote.revision > book.revision:
        return "unknown_quote"
    if placed_at > quote.expires_at or now > quote.expires_at + HANDED_IN_WITHIN:
        return "quote_expired"
    if placed_at < quote.at - CLOCK_BEHIND_MAX:
        return "quote_differs"
    context = _context_of(quote)
    with suppress(Refused):
        if order.customer == quote.customer and channel == quote.channel and _is_same(book, order, context):
            return _recomputed(book, order, quote, context) or "quote_differs"
    return "quote_differs"


def _context_of(quote: Quote) -> Asked:
    said = quote.context
    delivery_at = said.get("delivery_at")
    return Asked(
        "",
        quote.at,
        customer=quote.customer,
        channel=quote.channel,
        currency=said.get("currency"),
        country=said.get("country"),
        ship_to=said.get("ship_to"),
        order_type=said.get("order_type"),
        coupons=tuple(said.get("coupons", ())),
        breaks=False,
        attributes=tuple((name, tuple(values)) for name, values in said.get("attributes", ())),
        delivery_at=None if delivery_at is None else datetime.fromisoformat(delivery_at),
        usage=quote.usage,
    )


def _is_same(book: Snapshot, order: Order, context: Asked) -> bool:
    """Whether an order contradicts nothing of its quote's circumstances; a voucher with amounts is the store's.

    What the order leaves unsaid is as the quote has it. Of place, type, attributes and delivery only what the
    quote said can be contradicted: without it the price was promised whatever they are.
    """
    buyer, ship_to = buyer_for(book, context), order.ship_to
    coupons = {voucher.code for voucher in order.vouchers if voucher.net is None and voucher.gross is None}
    pairs: list[tuple[object, object]] = [(order.currency, context.currency or buyer.currency)]
    if ship_to is not None and ship_to.country is not None:
        pairs.append((ship_to.country, context.country or buyer.country or ""))
    if context.ship_to is not None and ship_to is not None and _names_a_place(ship_to):
        pairs.append((ship_to.code, context.ship_to))
    if order.order_type is not None and context.order_type is not None:
        pairs.append((order.order_type, context.order_type))
    quoted = {name: set(values) for name, values in context.attributes}
    pairs += [(set(values), quoted[name]) for name, values in attributes_of(order) if name in quoted]
    if order.wanted_on is not None and context.delivery_at is not None:
        pairs.append((order.wanted_on, _day_of(context.delivery_at, buyer.company.zone)))
    return all(said == quoted for said, quoted in pairs) and coupons <= {*context.coupons, None}


def _names_a_place(party: Party) -> bool:
    """Whether an order says where in a country it goes, by a code of ours or an address."""
    return any(said is not None for said in (party.code, party.street, party.postcode, party.city))


def _day_of(moment: datetime | None, zone: str | None) -> date | None:
    return None if moment is None else moment.astimezone(zone_named(zone) or UTC).date()


def _recomputed(book: Snapshot, order: Order, quote: Quote, context: Asked) -> Quoted | None:
    """The quoted basket again: from the book as it stands where that gives the same, else as of its revision.

    Errors:  Gone where the book no longer knows what it was.
    """
    current = book.revision == quote.revision
    for known in (book,) if current else (book, snapshot(book.database, quote.revision)):
        for given in dict.fromkeys((NOTHING, lines_for_nothing(order))):
            asked = _with_manual(known, asked_lines(order, context, given), quote)
            found = basket(known, context, asked)
            goods = list(found.price.free_goods)
            if digest_of(_asked_rows(found)) != quote.lines or _totals(found) != quote.totals:
                continue
            if not all(taken_from(goods, order.lines[index]) for index in given):
                continue
            if known.revision == quote.revision or digest_of(_amount_rows(found.price)) == quote.amounts:
                return Quoted(quote.id, known.revision, context, found, of_basket(found), given, asked)
    return None


def _with_manual(book: Snapshot, asked: list[Asked], quote: Quote) -> list[Asked]:
    """The lines of an order with what their quote set for such lines by hand.

    Errors:  NotFound for an item that does not exist.
    """
    left = list(quote.context.get("manual", ()))
    for one in asked if left else ():
        unit = one.unit or ware_for(book, one.item).item.unit
        said = next((said for said in left if tuple(said[:3]) == (one.item, plain(one.quantity), unit)), None)
        if said is not None:
            left.remove(said)
            one.manual = tuple(rule_of(rule) for rule in said[3])
    return asked
