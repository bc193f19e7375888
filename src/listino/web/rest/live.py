"""GET /v1/stream: what some items cost a customer, told again whenever it changes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b

from msgspec import UNSET, Struct
from starlette.requests import Request
from starlette.responses import Response

from listino.core.errors import NotAllowed, malformed
from listino.core.money import ZERO, plain
from listino.db.engine import Database, Reading
from listino.flows.access import ApiKey
from listino.flows.price import Asked, Snapshot, buyer_for, snapshot
from listino.flows.provoked import book_on_purpose
from listino.flows.watching import Found, Shelf
from listino.web.answers import encode, moment, price_answer
from listino.web.auth import Guard, require
from listino.web.faults import problem_of
from listino.web.live import Hub
from listino.web.live_room import Share
from listino.web.live_stream import DIGEST_BYTES, UNTOLD, LiveStream, Reader
from listino.web.messages import Amount
from listino.web.on_purpose import Waits
from listino.web.reading import checked_code, checked_country, checked_currency, quantity_of, query_of, single
from listino.web.rest.prices import language_of
from listino.web.roads import Roads
from listino.web.watched import Line, Name, View

# One stream watches so many lines; one key has so many streams in each process, of so many different questions.
LINES_MAX = 200
KEY_STREAMS_MAX = 500
KEY_QUESTIONS_MAX = 10_000
OF_LINES = ("item", "quantity", "unit")
PARAMETERS = frozenset(["customer", "channel", "currency", "country", "ship_to", "order_type", "last_event_id"])
PARAMETERS_MAX = len(OF_LINES) * LINES_MAX + len(PARAMETERS)


class ShelfLine(Struct):
    """What a warehouse has of an item for whoever orders now, and from which day on it will have more."""

    warehouse: str
    available: Amount
    available_on: str | None


class StockLine(Struct):
    """How much there is of an item; from which day on there will be more; and where."""

    available: Amount
    available_on: str | None
    warehouses: list[ShelfLine]


@dataclass(frozen=True, slots=True)
class KeyView:
    """An answer as a key is told it: as in a batch, and with the stock."""

    language: str
    test: bool
    browsing: bool = False

    def told(self, book: Snapshot, asked: Asked, found: Found, now: datetime) -> tuple[bytes, bytes]:
        """The answer as JSON, and the digest of what it says."""
        answered = found.answered
        if isinstance(answered, Exception):
            problem = problem_of(answered)
            start = b'{"item":%s,"error":%s' % (encode(asked.item), encode(problem))
            return start + moment(asked.at, book), digest_of(problem.code.encode())
        answer = price_answer(answered, "none", self.language or None, full=False)
        stock = b',"stock":' + encode(stock_line(found.shelves))
        body = encode(answer)[:-1] + stock + moment(asked.at, book, now if found.counted else None)
        # When it could change next, who told it when and from which list, is not what it costs.
        answer.next_change_at, answer.price_as_of, answer.price_source = None, UNSET, UNSET
        answer.price_list, answer.flags = UNSET, UNSET
        for charge in answer.own_lines or ():
            charge.rule, charge.label = "", None
        return body, digest_of(encode(answer) + stock)


def stock_line(shelves: Sequence[Shelf]) -> StockLine | None:
    """The stock of an item as it is told; None where nobody counts it."""
    if not shelves:
        return None
    days = [shelf.available_on for shelf in shelves if shelf.available_on is not None]
    return StockLine(
        plain(sum((shelf.available for shelf in shelves), ZERO)),
        min(days, default=None),
        [ShelfLine(shelf.warehouse, plain(shelf.available), shelf.available_on) for shelf in shelves],
    )


def digest_of(told: bytes) -> bytes:
    """What stands for an answer in the id of an event."""
    digest = blake2b(told, digest_size=DIGEST_BYTES).digest()
    return digest if digest != UNTOLD else bytes([1] * DIGEST_BYTES)


class LiveDoor:
    """Opens streams."""

    def __init__(
        self, database: Database, hub: Hub, guard: Guard, clock: Callable[[], datetime], *, roads: Roads, waits: Waits
    ) -> None:
        self._database, self._hub, self._guard, self._clock = database, hub, guard, clock
        self._roads, self._waits = roads, waits

    async def stream(self, request: Request, key: ApiKey) -> Response:
        """A stream of the prices that a key asks for, to be sent for as long as somebody reads.

        Errors:  Malformed, NotAllowed; NotFound for an unknown customer; TooOften, Unavailable without room.
        """
        require(key, "prices:read")
        pairs = query_of(request.scope["query_string"], PARAMETERS_MAX)
        said = single([pair for pair in pairs if pair[0] not in OF_LINES], PARAMETERS, OF_LINES)
        context = Asked(
            "",
            self._clock(),
            customer=checked_code(said["customer"], "customer") if "customer" in said else None,
            channel=checked_code(said["channel"], "channel") if "channel" in said else key.channel,
            currency=checked_currency(said.get("currency")),
            country=checked_country(said.get("country")),
            ship_to=checked_code(said["ship_to"], "ship_to") if "ship_to" in said else None,
            order_type=checked_code(said["order_type"], "order_type") if "order_type" in said else None,
            explain="none",
        )
        view = KeyView(language_of(request.headers.get("accept-language", "").encode("latin-1")), key.test)
        lines = lines_of(pairs, context, view)
        items = [line.asked.item for line in lines]
        reading = await self._roads.in_a_moment(self._known, context, items if key.test else [])
        await self._waits.for_items(key, items)
        self._hub.check_room(key.id, lines, Share(KEY_STREAMS_MAX, KEY_QUESTIONS_MAX))
        secret = request.headers["authorization"].encode("latin-1")

        def may_go_on(reading: Reading) -> bool:
            try:
                return self._guard.key(secret, reading).may("prices:read")
            except NotAllowed:
                return False

        last_id = said.get("last_event_id") or request.headers.get("last-event-id")
        return LiveStream(self._hub, Reader(key.id, None, may_go_on, None), lines, reading, last_id)

    def _known(self, context: Asked, provoking: Sequence[str]) -> Reading:
        """The reading at which whoever is asked for is known.

        Errors:  NotFound; what items provoke of the whole request.
        """
        book = snapshot(self._database)
        buyer_for(book, context)
        book_on_purpose(book, provoking)
        return book.reading


def lines_of(pairs: list[tuple[str, str]], context: Asked, view: View) -> list[Line]:
    """The lines that a query asks for: `item` for each, `quantity` and `unit` once for all or once for each.

    Errors:  Malformed.
    """
    said = {name: [value for field, value in pairs if field == name] for name in OF_LINES}
    items = said["item"]
    if not items:
        raise malformed("item", "missing", "No item is named.", "Send item=CODE, once for each.")
    if len(items) > LINES_MAX:
        text = f"{len(items)} items are more than {LINES_MAX}."
        raise malformed("item", "too_many", text, "Open a second stream for the others.")
    for name in ("quantity", "unit"):
        if len(said[name]) not in {0, 1, len(items)}:
            text = f"{name} is given {len(said[name])} times for {len(items)} items."
            raise malformed(name, "count", text, f"Send {name} once for all items, or once for each in their order.")
        if len(said[name]) == 1:
            said[name] *= len(items)
    quantities, units = said["quantity"], said["unit"]
    lines = []
    for place, item in enumerate(items):
        asked = Asked(
            checked_code(item, "item"), context.at, context.customer,
            quantity_of(quantities[place]) if quantities else context.quantity,
            checked_code(units[place], "unit") if units and units[place] else None,
            context.channel, context.currency, context.country, context.ship_to, context.order_type, explain="none",
        )  # fmt: skip
        lines.append(Line(_name(asked, view), asked, view))
    return lines


def _name(asked: Asked, view: View) -> Name:
    """What is the same for all who watch a line together."""
    return (
        view, asked.item, plain(asked.quantity), asked.unit, asked.customer, asked.channel, asked.currency,
        asked.country, asked.ship_to, asked.order_type,
    )  # fmt: skip
