"""A store says that an order was placed: it is priced, compared, written down, and never refused by our rules."""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from listino.core.orders import (
    Order,
)
from listino.core.question import Price
from listino.core.reservations import Reservation, reserved_of_quote
from listino.db import orders
from listino.db.engine import Connection, Database
from listino.db.orders import Lacking, OrderRow
from listino.db.orders import OrderRead as OrderRead
from listino.db.orders import StepRow as StepRow
from listino.db.snapshot import Snapshot, stamp
from listino.db.stores import stores
from listino.flows.circumstances import context_of, parties_of
from listino.flows.comparison import TakenLine as TakenLine
from listino.flows.comparison import states_amounts
from listino.flows.consumption import OrderedLine, reserved
from listino.flows.credit import owed
from listino.flows.needs import goods_of
from listino.flows.order_keys import Caller as Caller
from listino.flows.order_keys import Keys as Keys
from listino.flows.order_keys import digests_of
from listino.flows.order_keys import keys_of as keys_of
from listino.flows.promises import Told, honoured
from listino.flows.provoked import reasons_on_purpose
from listino.flows.quotes import Signer
from listino.flows.settlement import Bought, Quoted, bought, totals_of
from listino.flows.taken import Taken as Taken
from listino.flows.taken import row_of

# How often an order is priced, where others use up meanwhile what it was priced on.
TRIES_MAX = 5


class Chance(Protocol):
    """Where the ids of orders come from."""

    def token_hex(self, nbytes: int) -> str:
        """Random bytes as hexadecimal text."""
        ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an order that was handed in: its id, and whether it was kept as it was answered.

    It was not where it came before, or where it must be held as others used up what it needs.
    """

    id: str
    as_answered: bool


def priced(
    book: Snapshot,
    order: Order,
    caller: Caller,
    key: str | None,
    *,
    now: datetime,
    chance: Chance,
    signer: Signer | None = None,
    hands_over: bool = False,
) -> Taken:
    """An order with our price beside each line, its totals, and the reasons to hold it.

    Shapes:  hands_over: there is a management system to hand it over to; else it is placed by being kept.
    """
    store = order.store or caller.name
    channel = order.channel or caller.channel
    held = reasons_on_purpose(order.number) if caller.test else []
    customer, channel_known = parties_of(book, order, channel, held)
    context = context_of(book, order, (customer, channel_known), now)
    quoted = _quoted(book, order, signer, (channel, context.at, now), held)
    found = bought(book, order, context, quoted)
    charges, totals = totals_of(order, found, held)
    held += [*(reason for line in found.lines for reason in line.held), *found.held]
    reservations: list[Reservation] = []
    if not caller.test:
        reservations = [*_reservations(book, found, customer, context.at), *owed(book, order, context, totals.gross)]
        reservations += [reserved_of_quote(quoted.name)] if quoted is not None else []
    reasons = tuple(dict.fromkeys(held))
    at_once = not reasons and not caller.test and not hands_over
    return Taken(
        id=f"{int(now.timestamp() * 1000):012x}{chance.token_hex(8)}",
        key=key or f"{store}/{order.number}",
        order=order,
        store=store,
        test=caller.test,
        channel=channel,
        found=found,
        charges=charges,
        totals=totals,
        held=reasons,
        handover="placed" if at_once else "accepted",
        life="on_hold" if reasons else "received",
        taken_at=now,
        revision=book.revision if quoted is None else quoted.revision,
        steps=_steps(caller.name, stamp(now), reasons, placed=at_once),
        reservations=tuple(reservations),
        goods=goods_of(book, found),
        charged=quoted is not None or any(states_amounts(line) for line in order.lines),
    )


def _steps(actor: str, at: str, held: tuple[str, ...], *, placed: bool) -> tuple[StepRow, ...]:
    """What has become of an order so far: it is held with its reasons, or placed at once, or (a test) neither."""
    accepted = StepRow("accepted", at, actor, None)
    if held:
        return accepted, StepRow("on_hold", at, "listino", ", ".join(held))
    if placed:
        return accepted, StepRow("placed", at, "listino", "Placed in the own management system.")
    return (accepted,)


def _quoted(book: Snapshot, order: Order, signer: Signer | None, told: Told, held: list[str]) -> Quoted | None:
    """What the quote that an order brings promises to it; None where it promises nothing, which holds the order."""
    if order.quote is None:
        return None
    quote = signer.read(order.quote) if signer is not None else None
    promise = honoured(book, order, quote, told) if quote is not None else "unknown_quote"
    if isinstance(promise, str):
        held.append(promise)
        return None
    return promise


def _reservations(book: Snapshot, found: Bought, customer: str | None, at: datetime) -> list[Reservation]:
    """What an order uses up of caps and contracts, at the prices that it was charged by."""
    ordered = [
        OrderedLine(line.charged.price, line.charged.facts, line.amounts.net)
        for line in found.lines
        if line.charged is not None and isinstance(line.charged.price, Price) and line.amounts is not None
    ]
    beside = found.basket.price.reserved if found.basket is not None and found.as_basket else ()
    return [*reserved(book, ordered, customer, at), *beside]


def handed_in(
    database: Database, taken: Taken, render: Callable[[Taken], bytes], keys: Keys, *, last: bool = True
) -> "tuple[Future[Outcome | None], bytes]":
    """Queue an order to be written with all that belongs to it, in one transaction; ends when it is on disk.

    The second is its first answer, as `render` words it, which is kept and given again to whoever repeats
    the order. Where others have used up what the order needs, it is kept as held, with an answer that says so;
    unless its buyer was told no price yet and this is not the `last` try: then nothing is written and it ends
    with None, as the order is to be priced again.
    """
    answer = render(taken)

    def held(reasons: tuple[str, ...]) -> OrderRow:
        why = tuple(dict.fromkeys((*taken.held, *reasons)))
        steps = _steps(taken.steps[0].actor, taken.steps[0].at, why, placed=False)
        changed = replace(taken, held=why, handover="accepted", life="on_hold", steps=steps)
        return row_of(changed, render(changed).decode())

    if taken.charged:
        lacking = Lacking.TAKE
    else:
        lacking = Lacking.LEAVE if last else Lacking.NOTHING
    row = row_of(taken, answer.decode())
    needs = () if taken.test else taken.goods.needs
    offered = orders.Offered(row, keys.digests, keys.fingerprint, taken.reservations, lacking, held, needs)
    return database.submit_with_others(_taken, offered), answer


def _taken(tx: Connection, offered: list[orders.Offered]) -> list[Outcome | Exception | None]:
    outcomes = orders.take_all(tx, offered)
    return [Outcome(*outcome) if isinstance(outcome, tuple) else outcome for outcome in outcomes]


def found(database: Database, order_id: str) -> OrderRead | None:
    """An order as it stands now."""
    return orders.read(database.read().connection, order_id)


def id_under(database: Database, caller: Caller, name: str, store: str | None) -> str | None:
    """Our id of the order that came under a key, or a number, of a store; None: there is none.

    Where no store is named it is the caller's own, and then any other that has one order under this name.
    """
    connection = database.read().connection
    own = orders.id_under(connection, digests_of(name, replace(caller, name=store or caller.name)))
    if own is not None or store is not None:
        return own
    others = (
        orders.id_under(connection, digests_of(name, replace(caller, name=other))) for other in stores(connection)
    )
    found = {order_id for order_id in others if order_id is not None}
    return found.pop() if len(found) == 1 else None


def listed(database: Database, filters: dict[str, str], after: str, limit: int) -> list[OrderRead]:
    """Orders from behind an id on, oldest first."""
    return orders.listed(database.read().connection, filters, after, limit)
