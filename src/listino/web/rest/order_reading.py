"""An order as a store sends it: read, and refused only for what is malformed."""

from decimal import Decimal

import msgspec

from listino.core.checks import currency_fault, decimal_fault, instant_fault, text_fault
from listino.core.errors import Malformed, malformed
from listino.core.orders import LINES_MAX, Order
from listino.flows.records import settled_record, strict
from listino.web.reading import checked_attributes, checked_quantity

TEXT_LENGTH_MAX = 400
TAX_PERCENT_MAX = 1000
_decode_any = msgspec.json.Decoder(float_hook=Decimal)


def order_of(body: bytes) -> Order:
    """The order that a body holds.

    Errors:  Malformed for what is not JSON, unknown, missing, of the wrong type or out of bounds.
    """
    try:
        said = _decode_any.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise malformed("body", "malformed_json", f"The body is not JSON: {error}.", "Send valid UTF-8 JSON.") from None
    except RecursionError:
        raise malformed("body", "too_deep", "The JSON is nested too deeply.", "Send it as documented.") from None
    if isinstance(said, dict):
        for name in ("number", "ordered_at", "currency", "lines"):
            if said.get(name) is None:
                raise malformed(name, "missing", f"{name} is required.", f"Send {name}.")
    return checked_order(strict(Order, said, exponents=False))


def checked_order(order: Order) -> Order:
    """An order that can be true, its instants in UTC.

    Errors:  Malformed.
    """
    if order.ordered_at.tzinfo is None:
        raise malformed("ordered_at", "no_zone", "ordered_at has no zone.", "Send it as 2026-12-31T12:00:00Z.")
    check_order(order)
    return settled_record(order)


def check_order(order: Order) -> None:
    """Refuse an order that cannot be true.

    Errors:  Malformed.
    """
    if not 1 <= len(order.lines) <= LINES_MAX:
        text = f"An order has 1 to {LINES_MAX} lines, not {len(order.lines)}."
        raise malformed("lines", "count", text, "Send its lines; split a larger one.")
    if order.customer is None and order.buyer is None:
        raise malformed("customer", "missing", "customer or buyer is required.", "Send who buys.")
    fault = currency_fault("currency", order.currency) or instant_fault("ordered_at", order.ordered_at)
    if fault is not None:
        raise Malformed(fault.code, fault.text, (fault,))
    for name in ("number", "store", "customer", "channel", "order_type"):
        _check_text(name, getattr(order, name))
    checked_attributes(order.attributes or {})
    for index, line in enumerate(order.lines):
        _check_text(f"lines[{index}].item", line.item)
        _check_text(f"lines[{index}].unit", line.unit)
        checked_quantity(line.quantity, f"lines[{index}].quantity")
        for amount in ("net_price", "net", "tax", "gross"):
            _check_amount(f"lines[{index}].{amount}", getattr(line, amount))
    if order.totals is not None:
        for name in ("net", "tax", "gross"):
            _check_amount(f"totals.{name}", getattr(order.totals, name))
    for field, parts in (("charges", order.charges), ("vouchers", order.vouchers), ("payments", order.payments)):
        for index, part in enumerate(parts):
            _check_text(f"{field}[{index}].code", getattr(part, "code", None))
            for name in ("net", "tax", "gross", "authorised", "captured", "tax_percent"):
                _check_amount(f"{field}[{index}].{name}", getattr(part, name, None))
            percent = getattr(part, "tax_percent", None)
            if percent is not None and not 0 <= percent <= TAX_PERCENT_MAX:
                text = f"A tax is 0 to {TAX_PERCENT_MAX} percent."
                raise malformed(f"{field}[{index}].tax_percent", "out_of_range", text, "Send the percentage, as 22.")


def _check_text(field: str, text: str | None) -> None:
    if text is None:
        return
    if not text.strip() or len(text) > TEXT_LENGTH_MAX:
        raise malformed(field, "length", f"{field} has 1 to {TEXT_LENGTH_MAX} characters.", f"Send {field} as text.")
    fault = text_fault(field, text)
    if fault is not None:
        raise Malformed(fault.code, fault.text, (fault,))


def _check_amount(field: str, value: Decimal | None) -> None:
    fault = decimal_fault(field, value) if value is not None else None
    if fault is not None:
        raise Malformed(fault.code, fault.text, (fault,))
