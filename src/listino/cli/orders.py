"""`listino order`: what stores have handed in."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from listino.cli import screen
from listino.cli.options import DatabaseUrl, opened
from listino.core.holds import HELD_TEXTS

if TYPE_CHECKING:
    from listino.db.engine import Database
    from listino.db.orders import OrderRead

NEWEST_SHOWN = 20
EVENT_STATES = {
    "waiting": "waits",
    "under_way": "on its way",
    "applied": "applied",
    "by_hand": "for a person",
    "settled": "settled",
}
PARTIES = (("buyer", "Buyer"), ("bill_to", "Bill to"), ("ship_to", "Ship to"))
PARTY_FIELDS = (
    "company",
    "name",
    "street",
    "street2",
    "postcode",
    "city",
    "region",
    "country",
    "mail",
    "phone",
    "vat_id",
)
TEXTS = (("vat_id", "VAT id"), ("reference", "Reference"), ("wanted_on", "Wanted on"), ("notes", "Notes"))


def order(
    order_id: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="The order's id, or STORE/NUMBER; without: the newest.")
    ] = None,
    *,
    retry: Annotated[
        bool, typer.Option("--retry", help="Have a parked order tried again, or a waiting one now.")
    ] = False,
    drop: Annotated[bool, typer.Option("--drop", help="Give a parked order up; needs --reason.")] = False,
    placed: Annotated[
        str | None, typer.Option("--placed", metavar="NUMBER", help="It is in the management system, as NUMBER.")
    ] = None,
    reason: Annotated[str | None, typer.Option("--reason", help="Why, for the order's history.")] = None,
    database: DatabaseUrl = None,
) -> None:
    """Show one order whole, or list the newest; decide about one that does not go by itself."""
    from listino.core.errors import Fault, NotFound
    from listino.db import orders
    from listino.web.rest.order_answers import whole

    with opened(database) as book:
        connection = book.read().connection
        if order_id is None:
            _print_list([whole(found) for found in orders.newest(connection, NEWEST_SHOWN)])
            return
        one = orders.read(connection, order_id)
        if one is None and "/" in order_id:
            store, _, number = order_id.partition("/")
            one = next(iter(orders.listed(connection, {"store": store, "number": number}, "", 1)), None)
        if one is None:
            text = f"There is no order {order_id!r}."
            fault = Fault("id", "unknown_order", text, "`listino order` lists the newest.")
            raise NotFound("unknown_order", text, (fault,))
        if retry or drop or placed is not None:
            _decide(book, one.id, Decided(retry, drop, placed, reason))
            one = orders.read(connection, one.id) or one
        _print_one(whole(one))


@dataclass(frozen=True, slots=True)
class Decided:
    """What is decided about an order: one of these."""

    retry: bool
    drop: bool
    placed: str | None
    reason: str | None


def _decide(book: "Database", order_id: str, decided: Decided) -> None:
    from getpass import getuser

    from listino.config import now
    from listino.core.errors import malformed
    from listino.flows import handover_decisions

    if decided.retry + decided.drop + (decided.placed is not None) > 1:
        remedy = "Give --retry, --drop or --placed."
        raise malformed("order", "contradiction", "An order is retried, dropped or placed, not several.", remedy)
    who = handover_decisions.Person(getuser(), now(), decided.reason)
    if decided.retry:
        handover_decisions.retried(book, order_id, who)
    elif decided.drop:
        handover_decisions.dropped(book, order_id, who)
    else:
        handover_decisions.marked_placed(book, order_id, decided.placed, who)


def show_order(found: "OrderRead") -> None:
    """Print one order whole."""
    from listino.web.rest.order_answers import whole

    _print_one(whole(found))


def _print_list(found: list[dict[str, Any]]) -> None:
    if not found:
        screen.say("There are no orders yet.")
        return
    rows = [
        (one["id"], one["store"], one["number"], one.get("customer") or "", f"{one['gross']} {one['currency']}",
         _state(one), _moment(one["taken_at"]))
        for one in found
    ]  # fmt: skip
    columns = ("Id", "Store", "Number", "Customer", "Gross", "State", "Taken")
    screen.show(screen.table(f"The newest {len(rows)} orders", columns, rows, ("Gross",)))


def _state(one: dict[str, Any]) -> str:
    test = ", test" if one.get("test") else ""
    return f"{one['handover']}, {one['life'].replace('_', ' ')}{test}"


def _print_one(one: dict[str, Any]) -> None:
    screen.say(f"Order {one['number']} of {one['store']} ({one['id']})", "bold")
    parts = [f"Customer {one['customer']}" if one.get("customer") else "No customer's code"]
    if one.get("channel"):
        parts.append(f"channel {one['channel']}")
    parts += [f"ordered {_moment(one['ordered_at'])}", f"taken {_moment(one['taken_at'])}", _state(one)]
    screen.say(" · ".join(parts))
    for field, word in PARTIES:
        if one.get(field):
            screen.say(f"{word}: {_party(one[field])}")
    for contact in one.get("contacts") or ():
        screen.say(f"Contact: {_party(contact)}")
    for field, word in TEXTS:
        if one.get(field):
            screen.say(f"{word}: {one[field]}")
    if "parked" in one:
        parked = one["parked"]
        screen.say(f"Needs attention ({parked.reason}): {parked.text} {parked.remedy}", "yellow")
    for reason in one.get("held") or ():
        screen.say(f"On hold: {held_text(reason)}", "yellow")
    _print_lines(one)
    _print_amounts(one)
    _print_events(one)
    history = [
        (step["state"].replace("_", " "), _moment(step["at"]), step["actor"], _history_text(step))
        for step in one["history"]
    ]
    screen.show(screen.table("History", ("State", "When", "Who", "Why"), history))


def held_text(reason: str) -> str:
    """Why an order is held, as a sentence."""
    return HELD_TEXTS.get(reason, reason.replace("_", " ").capitalize() + ".")


def _history_text(step: dict[str, Any]) -> str:
    text = step.get("text") or ""
    if step["state"] != "on_hold":
        return str(text)
    return " ".join(held_text(reason) for reason in text.split(", ") if reason)


def _party(party: dict[str, Any]) -> str:
    return ", ".join(str(party[field]) for field in PARTY_FIELDS if party.get(field))


def _print_lines(one: dict[str, Any]) -> None:
    rows = [
        (str(number), line["item"], f"{line['quantity']} {line.get('unit') or ''}".strip(), line.get("net_price") or "",
         line.get("net") or "", line.get("tax") or "", line.get("gross") or "", _how(line, one["currency"]))
        for number, line in enumerate(one["lines"], 1)
    ]  # fmt: skip
    right = ("Net price", "Net", "Tax", "Gross")
    columns = ("", "Item", "Quantity", *right, "How")
    screen.show(screen.table(None, columns, rows, right))


def _how(line: dict[str, Any], currency: str) -> str:
    """The steps of our price beside a line, the store's text, and why the line is held."""
    parts = [str(line["text"])] if line.get("text") else []
    price = line.get("price") or {}
    steps = [
        f"{step.get('label') or step.get('rule') or step['step']} → {step['price_out']}"
        for step in price.get("steps") or ()
    ]
    if steps:
        parts.append("; ".join(steps))
    for share in line.get("shares") or ():
        sign = "−" if share["kind"] == "allowance" else "+"
        parts.append(f"{share.get('label') or share['rule']}: {sign}{share['amount']} {currency}")
    beside = line.get("own_lines") or ()
    parts += [f"beside it: {own.get('label') or own['rule']} {own['gross'] or own['net']} {currency}" for own in beside]
    if price.get("net_price") and price["net_price"] != line.get("net_price"):
        parts.append(f"our price: {price['net_price']} {currency}")
    moved = _moved(line)
    parts += [moved] if moved else []
    return "\n".join([*parts, *(held_text(reason) for reason in line.get("held") or ())])


def _print_events(one: dict[str, Any]) -> None:
    """What the store told since, and what has become of it."""
    rows = [
        (event["kind"], _moment(event["at"]), event["key"], EVENT_STATES[event["state"]],
         _event_text(event, one["currency"]))
        for event in one.get("events") or ()
    ]  # fmt: skip
    if rows:
        screen.show(screen.table("Told by the store", ("Event", "When", "Key", "State", "What"), rows))


def _event_text(event: dict[str, Any], currency: str) -> str:
    payment = event.get("payment") or {}
    amount = event.get("amount") or payment.get("captured") or payment.get("authorised")
    parts = (f"{amount} {currency}." if amount else None, event["outcome"], event.get("text"))
    return " ".join(part for part in parts if part)


def _moved(line: dict[str, Any]) -> str:
    """How far a line is, where something of it has moved."""
    parts = (f"{line[name]} {name}" for name in ("shipped", "returned", "cancelled") if line.get(name, "0") != "0")
    return ", ".join(parts)


def _print_amounts(one: dict[str, Any]) -> None:
    for goods in one.get("free_goods") or ():
        amount = goods["gross"] or goods["net"]
        given = f"{goods['quantity']} {goods['unit']} {goods['item']}"
        screen.say(f"Given by {goods.get('label') or goods['rule']}: {given}, {amount} {one['currency']}")
    for charge in one.get("own_charges") or ():
        amount = charge["gross"] or charge["net"]
        screen.say(f"Charge {charge.get('label') or charge['rule']}: {amount} {one['currency']}")
    for charge in one.get("charges") or ():
        screen.say(f"Charge {charge['kind']}: {charge.get('gross') or charge.get('net')} {one['currency']}")
    for voucher in one.get("vouchers") or ():
        screen.say(f"Voucher {voucher['code']}: −{voucher.get('gross') or voucher.get('net') or ''} {one['currency']}")
    for payment in one.get("payments") or ():
        amount = payment.get("captured") or payment.get("authorised") or ""
        screen.say(f"Payment {payment['method']}: {payment.get('state') or ''} {amount}".rstrip())
    screen.say(f"Net {one['net']}, tax {one['tax']}, gross {one['gross']} {one['currency']}", "bold")


def _moment(stamp: str) -> str:
    return stamp[:16].replace("T", " ") + " UTC"
