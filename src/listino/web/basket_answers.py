"""A basket as it is answered: its lines with what the basket takes off them, and all that stands beside them."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from listino.core.basket import BasketPrice
from listino.core.basket_question import FreeGoods, OrderCharge, PricedLine, Share, Totals
from listino.core.explain import text_in
from listino.core.facts import Tax
from listino.core.money import exact, minor_digits, plain
from listino.flows.basket import LineFound
from listino.web.answers import instant_text, not_applied_line, price_answer
from listino.web.basket_messages import BasketCharge, BasketParts, BasketTotals, FreeGoodsLine, RateTotals
from listino.web.messages import PriceAnswer, ShareLine
from listino.web.parts import own_line


def line_answer(found: LineFound, explain: str, language: str | None, *, full: bool) -> PriceAnswer:
    """A line's price as that of a single one, its amounts with what the basket takes off or adds."""
    answer = price_answer(found.answered, explain, language, full=full)
    priced = found.priced
    if priced.net is not None:
        answer.net, answer.tax, answer.gross = str(priced.net), _text(priced.tax), _text(priced.gross)
    if priced.own_lines:
        digits = minor_digits(priced.price.currency)
        answer.own_lines = [own_line(own, language, digits) for own in priced.own_lines]
        for line, shares in zip(answer.own_lines, priced.own_shares, strict=False):
            if shares:
                line.shares = [_share(share, language) for share in shares]
    return answer


def share_lines(priced: PricedLine, language: str | None) -> list[ShareLine]:
    """What the basket's rules take off a line or add to it."""
    return [_share(share, language) for share in priced.shares]


def _share(share: Share, language: str | None) -> ShareLine:
    whole = share.whole
    return ShareLine(
        share.step, share.kind, share.rule, _label(share.label, language), _plain(share.value), str(share.amount),
        whole.action, exact(share.base), str(whole.total), str(share.cut) if share.cut else None, _exact(share.units),
        whole.capped, whole.basis, whole.currency, _exact(whole.rate), whole.tax_mode, _exact(whole.times),
    )  # fmt: skip


def parts(price: BasketPrice, explain: str, language: str | None, promise: tuple[str, datetime] | None) -> BasketParts:
    """What stands beside a basket's lines; the promise is its quote, and until when that holds."""
    answer = BasketParts(
        free_goods=[free_goods_line(goods, language) for goods in price.free_goods],
        charges=[charge_line(charge, language) for charge in price.charges],
        totals=_totals(price.totals),
        coupons_unused=list(price.coupons_unused),
        quote=None if promise is None else promise[0],
        quote_expires_at=None if promise is None else instant_text(promise[1]),
        next_change_at=None if price.next_change_at is None else instant_text(price.next_change_at),
    )
    if explain == "all":
        answer.not_applied = [not_applied_line(entry, language) for entry in price.not_applied]
    return answer


def free_goods_line(goods: FreeGoods, language: str | None) -> FreeGoodsLine:
    """Goods that an offer adds, as they are answered."""
    digits = _digits(goods.net)
    label = _label(goods.rule.label, language)
    line = FreeGoodsLine(
        goods.step, goods.rule.code, label, plain(goods.value), goods.item, plain(goods.quantity), goods.unit,
        plain(goods.price, digits), goods.tax_mode, str(goods.net), _text(goods.tax), _text(goods.gross),
        *_tax(goods.tax_fact),
    )  # fmt: skip
    if goods.own_lines:
        line.own_lines = [own_line(own, language, digits) for own in goods.own_lines]
    return line


def charge_line(charge: OrderCharge, language: str | None) -> BasketCharge:
    """A charge for the whole basket, as it is answered."""
    line = BasketCharge(
        charge.step, charge.rule.code, _label(charge.rule.label, language), _plain(charge.value), str(charge.net),
        _text(charge.tax), _text(charge.gross), *_tax(charge.tax_fact), charge.whole.action, str(charge.amount),
        str(charge.whole.total),
    )  # fmt: skip
    for name in ("base", "currency", "rate", "tax_mode", "times"):
        value = getattr(charge.whole, name)
        if value is not None:
            setattr(line, name, exact(value) if isinstance(value, Decimal) else value)
    if charge.shares:
        line.shares = [_share(share, language) for share in charge.shares]
    return line


def _totals(totals: Totals) -> BasketTotals:
    rows = [
        RateTotals(plain(row.percent), row.category, row.reason, str(row.net), str(row.tax)) for row in totals.by_rate
    ]
    return BasketTotals(str(totals.net), _text(totals.tax), _text(totals.gross), plain(totals.rounding), rows)


def _digits(amount: Decimal) -> int:
    """How many decimals an amount at its currency's minor unit has."""
    exponent = amount.as_tuple().exponent
    return -exponent if isinstance(exponent, int) else 0


def _tax(tax: Tax | None) -> tuple[str | None, str | None]:
    return (None, None) if tax is None else (plain(tax.percent), tax.category)


def _label(label: Any, language: str | None) -> str | None:
    return text_in(label, language)


def _plain(value: Decimal | None) -> str | None:
    return None if value is None else plain(value)


def _exact(value: Decimal | None) -> str | None:
    return None if value is None else exact(value)


def _text(value: Decimal | None) -> str | None:
    return None if value is None else str(value)
