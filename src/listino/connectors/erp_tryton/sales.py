"""Sales in Tryton that came under our keys: found by them, and how far they are."""

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from listino.connectors.erp_tryton.marks import changed_since
from listino.connectors.erp_tryton.rpc import PAGE_RECORDS, Row, Rpc
from listino.connectors.erp_tryton.settings import STATES, Settings
from listino.core.errors import ErpSaidNo, OutcomeUnknown
from listino.ports import ErpOrder, OrderStates

FIELDS = (
    "number", "state", "untaxed_amount", "total_amount", "shipment_state", "invoice_state", "shipments.number",
    "create_date", "write_date",
)  # fmt: skip
# What people do to a sale, as the words of an order's life.
LIVES = {
    "draft": "received",
    "quotation": "received",
    "confirmed": "confirmed",
    "done": "closed",
    "cancelled": "cancelled",
}
SHIPPED = {"sent": "shipped", "partially shipped": "partly_shipped"}
# How a sale goes on from each state.
STEPS = {"draft": ("quotation", "quote"), "quotation": ("confirmed", "confirm")}
INVOICED = frozenset(["awaiting payment", "partially paid", "paid"])


def held_key(settings: Settings, key: str) -> str:
    """The text under which a sale holds our key.

    Errors:  ErpSaidNo for a key that Tryton would change.
    """
    text = settings.key_prefix + key
    if text != text.strip():
        raise ErpSaidNo("key_form", f"Tryton cuts blanks off {text!r}.", "Number orders without blanks at the end.")
    return text


def found_sales(rpc: Rpc, settings: Settings, key: str) -> list[Row]:
    """The sales under a key, as they are now.

    Errors:  Unavailable; ErpSaidNo.
    """
    text = held_key(settings, key)
    within = [[settings.key_field, "=", text], ["company", "=", rpc.context["company"]]]
    rows = rpc.rows("sale.sale", within, [*FIELDS, settings.key_field])
    return [row for row in rows if row[settings.key_field] == text]


def as_order(settings: Settings, row: Row) -> ErpOrder:
    """A sale as we know orders."""
    stamp = row["write_date"] or row["create_date"]
    shipments = [one["number"] for one in row["shipments."] or () if one.get("number")]
    return ErpOrder(
        key=row[settings.key_field].removeprefix(settings.key_prefix),
        number=number_of(row),
        net=row["untaxed_amount"],
        gross=row["total_amount"],
        life=_life(row),
        at=stamp.replace(tzinfo=UTC) if isinstance(stamp, datetime) else None,
        text=f"Shipments: {', '.join(shipments)}." if shipments else None,
    )


def number_of(row: Row) -> str:
    """A sale's number; until it has one, what Tryton shows in its place."""
    return str(row["number"]) if row["number"] else f"({row['id']})"


def _life(row: Row) -> str:
    if row["state"] != "processing":
        return LIVES.get(row["state"], "received")
    if row["invoice_state"] in INVOICED and row["shipment_state"] in {"sent", "none"}:
        return "invoiced"
    return SHIPPED.get(row["shipment_state"], "confirmed")


def taken_on(rpc: Rpc, number: int, wanted: str) -> str | None:
    """Take a new sale to the state that is wanted; why it stays behind, where Tryton refuses.

    Errors:  Unavailable, OutcomeUnknown.
    """
    state = "draft"
    while STATES.index(state) < STATES.index(wanted):
        state, method = STEPS[state]
        try:
            rpc.write(f"model.sale.sale.{method}", [number])
        except ErpSaidNo as refusal:
            return refusal.detail
    return None


def states(rpc: Rpc, settings: Settings, since: str | None) -> Iterator[OrderStates]:
    """The sales under our keys that changed since a cursor; each may be told again for a while.

    Errors:  Unavailable; ErpSaidNo.
    """
    now = rpc.server_time()
    at = _moment(since)
    cursor = since if now is None else json.dumps({"at": (now - settings.overlap).isoformat()})
    like = settings.key_prefix.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    within: list[Any] = [[settings.key_field, "like", like], ["company", "=", rpc.context["company"]]]
    if at is not None:
        within.append(changed_since(at))
    page: list[ErpOrder] = []
    fields = [*FIELDS, settings.key_field]
    for row in rpc.rows("sale.sale", within, fields):
        if now is not None and _is_left_behind(row, settings, now):
            with suppress(OutcomeUnknown):  # One sale on which Tryton breaks does not hide the others.
                taken_on(rpc, row["id"], settings.state)
            (row,) = rpc.by_id("sale.sale", [row["id"]], fields)
        key = row[settings.key_field].removeprefix(settings.key_prefix)
        if "/" in key and row[settings.key_field].startswith(settings.key_prefix):
            page.append(as_order(settings, row))
        if len(page) == PAGE_RECORDS:
            yield OrderStates(tuple(page), since)
            page = []
    yield OrderStates(tuple(page), cursor)


def _is_left_behind(row: Row, settings: Settings, now: datetime) -> bool:
    """Whether a sale was made and then not taken further, as its worker was lost in between: it never had a number."""
    patience = settings.account.deadline + settings.settling
    is_new = row["state"] == "draft" and not row["number"] and settings.state != "draft"
    return is_new and row["create_date"] + patience < now


def _moment(since: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(json.loads(since or "")["at"])
    except (ValueError, TypeError, KeyError):
        return None
