"""The parameters of statements: what an order says, under names of one word, and as the database wants it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from listino.core.errors import ErpSaidNo, Malformed, malformed
from listino.core.money import plain
from listino.core.orders import Charge, Order, Party, Payment, Voucher
from listino.ports import LineToPlace, OrderToPlace

Values = dict[str, Any]
MEANINGS = ("text", "padded", "scaled", "date", "flag")
WORDS = frozenset(["value", "text", "constant", "as", "map", "scale", "format", "length", "cut", "empty"])
PARTY_FIELDS = tuple(field.name for field in fields(Party) if field.name != "more")


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueOf:
    """A parameter that is made of another.

    Shapes:  value names it, or template is a text over several, as "{ship_to_city} {ship_to_country}"; meaning:
             "text", "padded" with blanks to `length`, "scaled" an integer of 1/10^scale, "date" by form ("yyyymmdd",
             "days since 1900-01-01" as integers, or a strftime format), "flag" by `values` of true and false. values:
             what each text becomes. length: longer text is refused, or with `cut` cut. empty: instead of nothing.
    """

    value: str | None = None
    template: str | None = None
    constant: Any = None
    meaning: str = "text"
    values: Mapping[str, Any] | None = None
    scale: int = 0
    form: str = "yyyymmdd"
    length: int | None = None
    cut: bool = False
    empty: Any = None

    def of(self, values: Values, name: str) -> Any:
        """The parameter as the database wants it.

        Errors:  ErpSaidNo for what does not fit there.
        """
        said = self._said(values)
        if said is None or said == "":
            return self.empty
        if self.values is not None:
            text = str(said).lower() if isinstance(said, bool) else str(said)
            if text not in self.values:
                remedy = f"Name it in order.values.{name}.map."
                raise ErpSaidNo("not_mapped", f"{name}: {text!r} is not in its map.", remedy)
            return self.values[text]
        if self.meaning == "scaled":
            return self._scaled(said, name)
        if self.meaning == "date":
            return self._date(said)
        return self._text(said, name)

    def _said(self, values: Values) -> Any:
        if self.template is not None:
            return self.template.format_map({key: "" if one is None else one for key, one in values.items()}).strip()
        return values.get(self.value) if self.value is not None else self.constant

    def _scaled(self, said: Any, name: str) -> int:
        scaled = Decimal(said).scaleb(self.scale)
        if scaled != scaled.to_integral_value():
            text = f"{name}: {plain(Decimal(said))} has more than {self.scale} decimals."
            raise ErpSaidNo("does_not_fit", text, f"Give order.values.{name} a larger scale.")
        return int(scaled)

    def _date(self, said: Any) -> Any:
        day = said if isinstance(said, date) else date.fromisoformat(str(said)[:10])
        if self.form == "yyyymmdd":
            return int(f"{day:%Y%m%d}")
        if self.form.startswith("days since "):
            return (_bare(day) - date.fromisoformat(self.form.removeprefix("days since "))).days
        return f"{day:{self.form}}"

    def _text(self, said: Any, name: str) -> Any:
        if self.length is None:
            return said
        text = str(said)
        if len(text) > self.length:
            if not self.cut:
                remedy = f"Shorten it, or let order.values.{name} cut it."
                # Without the text, which may be personal and would outlive its erasure.
                told = f"{name}: {len(text)} characters are more than {self.length}."
                raise ErpSaidNo("does_not_fit", told, remedy)
            text = text[: self.length]
        return text.ljust(self.length) if self.meaning == "padded" else text


def _bare(day: date) -> date:
    return day.date() if isinstance(day, datetime) else day


def value_of(told: Any, place: str) -> ValueOf:
    """A parameter as the mapping file tells it.

    Errors:  Malformed.
    """
    if isinstance(told, str):
        return ValueOf(value=told)
    if not isinstance(told, Mapping):
        return ValueOf(constant=told)
    strange = sorted(told.keys() - WORDS)
    if strange:
        raise _wrong(f"{place}.{strange[0]}", "It means nothing here.", f"Use {', '.join(sorted(WORDS))}.")
    if sum(word in told for word in ("value", "text", "constant")) != 1:
        raise _wrong(place, "It has no source, or several.", "Use one of value, text, constant.")
    meaning = str(told.get("as", "text"))
    if meaning not in MEANINGS:
        raise _wrong(f"{place}.as", f"{meaning!r} is no meaning.", f"Use one of {', '.join(MEANINGS)}.")
    values = told.get("map")
    return ValueOf(
        value=told.get("value"),
        template=told.get("text"),
        constant=told.get("constant"),
        meaning=meaning,
        values=None if values is None else {str(name): one for name, one in values.items()},
        scale=int(told.get("scale", 0)),
        form=str(told.get("format", "yyyymmdd")),
        length=told.get("length"),
        cut=bool(told.get("cut", False)),
        empty=told.get("empty"),
    )


def _wrong(place: str, text: str, remedy: str) -> Malformed:
    return malformed(place, "sql_settings", f"{place}: {text}", remedy)


def of_order(order: OrderToPlace, zone: ZoneInfo) -> Values:
    """What an order says, under names of one word; instants as the database's own local times."""
    said = order.order
    values: Values = {
        "key": order.key, "id": order.id, "store": order.store, "order_number": said.number,
        "customer": said.customer or order.erp_customer, "erp_customer": order.erp_customer,
        "channel": order.channel, "currency": said.currency, "order_type": said.order_type,
        "ordered_at": _local(said.ordered_at, zone), "ordered_on": _local(said.ordered_at, zone).date(),
        "taken_at": _local(order.taken_at, zone), "wanted_on": said.wanted_on, "net": order.net, "tax": order.tax,
        "gross": order.gross, "vat_id": said.vat_id, "reference": said.reference, "notes": said.notes,
        "fields": _json(said.fields), "document": msgspec.json.encode(order).decode(), "lines": len(order.lines),
        "payments_text": "; ".join(_texts(said.payments)), "contacts_text": "; ".join(_texts(said.contacts)),
        "vouchers_text": "; ".join(_texts(said.vouchers)),
    }  # fmt: skip
    for name in ("buyer", "bill_to", "ship_to"):
        values |= _of_party(getattr(said, name), name)
    values |= _of_party(said.contacts[0] if said.contacts else None, "contact")
    values |= _of_payment(said.payments[0] if said.payments else None)
    charges = [charge for charge in order.charges if charge.net is not None]
    return values | {"charges_net": sum((charge.net or Decimal(0) for charge in charges), Decimal(0))}


def of_parts(order: OrderToPlace) -> Iterator[tuple[str, str, Values]]:
    """The parts of an order that are written each for itself: (what it is, how it is called in words, values)."""
    for place, line in enumerate(order.lines, 1):
        yield "line", f"Line {place} ({line.item})", _of_line(line, place)
    for place, charge in enumerate(order.charges, 1):
        yield "charge", f"Charge {place} ({charge.text or charge.kind})", _of_charge(charge, place, len(order.lines))
    said: Order = order.order
    for place, payment in enumerate(said.payments, 1):
        yield "payment", f"Payment {place}", {"payment_no": place, **_of_payment(payment)}
    for place, contact in enumerate(said.contacts, 1):
        yield "contact", f"Contact {place}", {"contact_no": place, **_of_party(contact, "contact")}
    for place, voucher in enumerate(said.vouchers, 1):
        yield "voucher", f"Voucher {place}", _of_voucher(voucher, place)


def _of_line(line: LineToPlace, place: int) -> Values:
    return {
        "line_no": place, "item": line.item, "quantity": line.quantity, "unit": line.unit,
        "net_price": line.net_price, "line_net": line.net, "line_tax": line.tax, "line_gross": line.gross,
        "tax_percent": line.tax_percent, "line_text": line.text, "line_kind": line.kind,
        "line_fields": _json(line.fields),
    }  # fmt: skip


def _of_charge(charge: Charge, place: int, lines: int) -> Values:
    return {
        "charge_no": place, "line_no": lines + place, "charge_kind": charge.kind, "charge_net": charge.net,
        "charge_tax": charge.tax, "charge_gross": charge.gross, "tax_percent": charge.tax_percent,
        "charge_text": charge.text,
    }  # fmt: skip


def _of_payment(payment: Payment | None) -> Values:
    names = ("method", "state", "authorised", "captured", "currency", "reference")
    return {f"payment_{name}": getattr(payment, name, None) for name in names}


def _of_voucher(voucher: Voucher, place: int) -> Values:
    names = ("code", "net", "tax", "gross", "text")
    return {"voucher_no": place} | {f"voucher_{name}": getattr(voucher, name) for name in names}


def _of_party(party: Party | None, name: str) -> Values:
    return {f"{name}_{field}": getattr(party, field, None) for field in PARTY_FIELDS}


def _texts(parts: tuple[Any, ...]) -> Iterator[str]:
    """Each part as one text of all that it says."""
    for part in parts:
        said = msgspec.to_builtins(part)
        yield " ".join(str(one) for one in said.values() if one is not None and not isinstance(one, dict))


def _json(said: Mapping[str, Any] | None) -> str | None:
    return msgspec.json.encode(said).decode() if said else None


def _local(at: datetime, zone: ZoneInfo) -> datetime:
    """An instant as the local time that a database without zones holds."""
    return (at if at.tzinfo is not None else at.replace(tzinfo=UTC)).astimezone(zone).replace(tzinfo=None)
