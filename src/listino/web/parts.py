"""What stands beside or within a line's price: own lines, and the parts of a split line."""

from decimal import Decimal

from msgspec import UNSET

from listino.core.explain import text_in
from listino.core.money import FRACTION_DIGITS_MAX, exact, minor_digits, plain
from listino.core.question import OwnCharge, Price
from listino.web.messages import ChargeLine, Segment, StepLine


def own_line(own: OwnCharge, language: str | None, digits: int) -> ChargeLine:
    """A charge on a line of its own, as it is answered."""
    tax = own.tax_fact
    return ChargeLine(
        own.rule.code,
        text_in(own.rule.label, language),
        exact(own.quantity),
        _in_full(own.price, digits),
        str(own.net),
        None if own.tax is None else str(own.tax),
        None if own.gross is None else str(own.gross),
        None if tax is None else plain(tax.percent),
        None if tax is None else tax.category,
        UNSET if tax is None or tax.reason is None else tax.reason,
    )


def _in_full(price: Decimal, digits: int) -> str:
    """A price with all its digits, where it has more than are shown elsewhere: its line is worked out from it."""
    text = exact(price)
    return text if len(text.partition(".")[2]) > FRACTION_DIGITS_MAX else plain(price, digits)


def segment(part: Price, steps: list[StepLine]) -> Segment:
    """A part of a split line, as it is answered."""
    digits = minor_digits(part.currency)
    return Segment(
        exact(part.quantity),
        plain(part.per),
        part.tax_mode,
        plain(part.net_price, digits),
        None if part.gross_price is None else plain(part.gross_price, digits),
        str(part.net),
        None if part.tax is None else str(part.tax),
        None if part.gross is None else str(part.gross),
        steps,
    )
