"""Reading a request: its query, its body within bounds, its instants and numbers."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeVar
from urllib.parse import unquote_plus

import msgspec

from listino.core.checks import attribute_faults, code_fault, country_fault, currency_fault, decimal_fault
from listino.core.errors import Fault, Malformed, malformed
from listino.flows.moments import instant_of as instant_of
from listino.flows.moments import is_number as is_number
from listino.flows.moments import known_at_of as known_at_of
from listino.flows.plain_numbers import check_plain as check_plain
from listino.flows.plain_numbers import is_plain, not_a_number
from listino.flows.records import malformed_by

BODY_BYTES_MAX = 1 << 20
QUERY_BYTES_MAX = 8_000
PARAMETERS_MAX = 60

Message = TypeVar("Message")
Scope = Any
Receive = Any


def query_of(raw: bytes, parameters_max: int = PARAMETERS_MAX) -> list[tuple[str, str]]:
    """The parameters of a query string, in order.

    Errors:  Malformed when it is too long or not UTF-8.
    """
    if not raw:
        return []
    if len(raw) > QUERY_BYTES_MAX:
        raise malformed("query", "too_long", "The query is too long.", "Use POST /v1/prices.")
    pairs = raw.decode("latin-1").split("&")
    if len(pairs) > parameters_max:
        raise malformed("query", "too_many", f"There are more than {parameters_max} parameters.", "Send fewer.")
    said = [pair.partition("=") for pair in pairs if pair]
    if b"%" not in raw and b"+" not in raw:
        return [(name, value) for name, _, value in said]
    return [(_unquoted(name), _unquoted(value)) for name, _, value in said]


def _unquoted(text: str) -> str:
    try:
        return unquote_plus(text, errors="strict")
    except UnicodeDecodeError:
        raise malformed("query", "not_utf8", "The query is not UTF-8.", "Percent-encode UTF-8 text.") from None


def single(pairs: Iterable[tuple[str, str]], allowed: frozenset[str], others: tuple[str, ...] = ()) -> dict[str, str]:
    """Parameters that may each come once, as a mapping.

    Errors:  Malformed for one that is unknown, empty or comes twice.
    """
    found: dict[str, str] = {}
    for name, value in pairs:
        if name not in allowed:
            remedy = "Send only: " + ", ".join(sorted({*allowed, *others})) + "."
            raise malformed(name, "unknown_field", f"There is no parameter {name}.", remedy)
        if name in found:
            raise malformed(name, "twice", f"{name} is given twice.", f"Send {name} once.")
        if not value.strip():
            raise malformed(name, "empty", f"{name} is empty.", f"Send a value, or leave {name} out.")
        found[name] = value
    return found


async def body_of(scope: Scope, receive: Receive, bytes_max: int = BODY_BYTES_MAX) -> bytes:
    """A request's whole body.

    Errors:  Malformed (too_large) beyond the bound.
    """
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit() and int(value) > bytes_max:
            raise too_large(bytes_max)
    chunks: list[bytes] = []
    size = 0
    while True:
        event = await receive()
        if event["type"] == "http.disconnect":
            raise malformed("body", "cut_off", "The body was cut off.", "Send it again.")
        chunk = event.get("body", b"")
        size += len(chunk)
        if size > bytes_max:
            raise too_large(bytes_max)
        chunks.append(chunk)
        if not event.get("more_body"):
            return b"".join(chunks)


def too_large(bytes_max: int) -> Malformed:
    """The refusal of a body beyond a bound."""
    text = f"The body is larger than {bytes_max} bytes."
    return Malformed("too_large", text, (Fault("body", "too_large", text, "Send fewer lines at once."),))


def message_of(body: bytes, decoder: "msgspec.json.Decoder[Message]") -> Message:
    """A body as the message that it must be.

    Errors:  Malformed for broken JSON, and for the field that is unknown or of the wrong type.
    """
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        raise by_field(error) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise malformed("body", "malformed_json", f"The body is not JSON: {error}.", "Send valid UTF-8 JSON.") from None
    except RecursionError:
        raise malformed("body", "too_deep", "The JSON is nested too deeply.", "Send it as documented.") from None


def by_field(error: msgspec.ValidationError, prefix: str = "") -> Malformed:
    """The refusal for a value that does not fit, with its field; `prefix` is where the message stands."""
    text = str(error)
    if "unknown field" in text:
        name = text.partition("`")[2].partition("`")[0]
        path = text.partition("at `$.")[2].rstrip("`")
        field = ".".join(part for part in (prefix, path, name) if part)
        return malformed(field, "unknown_field", f"There is no field {field}.", "Leave it out, or correct its name.")
    return malformed_by(error, prefix)


def quantity_of(text: str, field: str = "quantity", *, returned: bool = False) -> Decimal:
    """A quantity from text; `returned` says that it may be below 0, for goods that come back.

    Errors:  Malformed unless it is a plain number above 0 within bounds.
    """
    return checked_quantity(decimal_of(text, field), field, returned=returned)


def decimal_of(text: str, field: str) -> Decimal:
    """A decimal from text in plain digits, of whatever length.

    Errors:  Malformed.
    """
    if not is_plain(text):
        raise not_a_number(field, text)
    return Decimal(text)


def checked_quantity(value: Decimal, field: str = "quantity", *, returned: bool = False) -> Decimal:
    """A quantity, if it is one: above 0, or below it for goods that may come back, and within bounds."""
    fault = decimal_fault(field, value)
    if fault is not None:
        raise Malformed(fault.code, fault.text, (fault,))
    if not value and returned:
        raise malformed(field, "zero", f"{field} cannot be 0.", "Send a quantity; below 0 for goods that come back.")
    if value <= 0 and not returned:
        raise malformed(field, "not_positive", f"{field} must be above 0, not {value}.", "Send a quantity above 0.")
    return Decimal(format(value, "f"))


def check_number(text: str, field: str, remedy: str) -> None:
    """Refuse what should count something and is no number.

    Errors:  Malformed.
    """
    if not is_number(text):
        raise malformed(field, "not_a_number", f"{text!r} is not a number of ours.", remedy)


def checked_code(code: str, field: str) -> str:
    """A code as it may be.

    Errors:  Malformed.
    """
    fault = code_fault(field, code)
    if fault is not None:
        raise Malformed(fault.code, fault.text, (fault,))
    return code


def attributes_of(pairs: Iterable[tuple[str, str]]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The attributes that a query names, as attributes=NAME:VALUE, each with its values.

    Errors:  Malformed.
    """
    found: dict[str, list[str]] = {}
    for parameter, text in pairs:
        if parameter == "attributes":
            name, colon, value = text.partition(":")
            if not colon:
                remedy = "Send attributes=NAME:VALUE, once for each value."
                raise malformed("attributes", "not_an_attribute", f"{text!r} names no value.", remedy)
            found.setdefault(name, []).append(value)
    return checked_attributes(found) if found else ()


def checked_attributes(said: Mapping[str, str | Sequence[str]]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Attributes as they may be, by name.

    Errors:  Malformed.
    """
    if not said:
        return ()
    given = {name: (values,) if isinstance(values, str) else tuple(values) for name, values in said.items()}
    for fault in attribute_faults(given, "attributes"):
        raise Malformed(fault.code, fault.text, (fault,))
    return tuple(sorted(given.items()))


def checked_currency(code: str | None) -> str | None:
    """A currency as it may be, or none."""
    fault = currency_fault("currency", code) if code is not None else None
    if fault is not None:
        raise Malformed(fault.code, fault.text, (fault,))
    return code


def checked_country(code: str | None) -> str | None:
    """A country as it may be, or none."""
    fault = country_fault("country", code) if code is not None else None
    if fault is not None:
        raise Malformed(fault.code, fault.text, (fault,))
    return code
