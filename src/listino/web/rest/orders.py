"""The order doors: a placed order comes in, and is read back."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from time import monotonic
from typing import Any

from listino.core.desk import OrderStep
from listino.core.errors import Conflict, Fault, NotFound, Unavailable, malformed
from listino.core.orders import Order, without_card_data
from listino.db.engine import Database
from listino.flows import intake
from listino.flows.access import ApiKey
from listino.flows.conservation import counted
from listino.flows.desk import Who, stepped
from listino.flows.intake import (
    Caller,
    Chance,
    Keys,
    Outcome,
    Taken,
    handed_in,
    keys_of,
    priced,
)
from listino.flows.price import snapshot
from listino.flows.provoked import Purpose, book_on_purpose, lost_answer, purpose_of, refuse_on_purpose
from listino.flows.quotes import Signer
from listino.web.answers import encode
from listino.web.auth import require
from listino.web.landing import Landing
from listino.web.on_purpose import Waits
from listino.web.rest.order_answers import first_answer, rendered, whole, with_key
from listino.web.rest.order_reading import order_of
from listino.web.roads import Roads

KEY_LENGTH_MAX = 255
# How long a repeat waits for the first of its key before it is told to come again.
REPEAT_WAIT_S = 5.0
WRITE_DEADLINE_S = 20.0
# For so long an order that is being written is waited for, beyond the time that it had to begin.
UNDER_WAY_MAX_S = 20.0
# So many orders may be on their way to the disk at once.
UNDER_WAY_ORDERS_MAX = 2_000


class OrderDoor:
    """Takes orders and shows them."""

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime],
        chance: Chance,
        roads: Roads,
        *,
        signer: Signer,
        waits: Waits,
        hands_over: bool = False,
    ) -> None:
        self._roads = roads
        self._signer = signer
        self._waits = waits
        self._hands_over = hands_over
        self._database = database
        self._clock = clock
        self._chance = chance
        self._landing = Landing()
        self._under_way: dict[bytes, asyncio.Future[Any]] = {}

    async def post(self, body: bytes, key: ApiKey, idempotency_key: str | None) -> tuple[bytes, str]:
        """The first answer to an order, whether it came now or before; and its id.

        Errors:  Malformed, DifferentContent, Conflict (in_progress), Unavailable.
        """
        require(key, "orders:create")
        return await self.taken(order_of(body), key, idempotency_key)

    async def taken(self, order: Order, key: ApiKey, idempotency_key: str | None) -> tuple[bytes, str]:
        """The same for an order that was read: the first answer to it, and its id.

        Errors:  NotAllowed; Malformed, DifferentContent, Conflict (in_progress), Unavailable.
        """
        require(key, "orders:create")
        order = without_card_data(order)
        name = checked_key(idempotency_key)
        caller = Caller(key.name, key.channel, key.test)
        keys = keys_of(order, caller, name)
        purpose = purpose_of(order.number) if key.test else None
        if len(self._under_way) >= UNDER_WAY_ORDERS_MAX * 2:  # Each is there under up to two keys.
            raise Unavailable(
                f"{UNDER_WAY_ORDERS_MAX} orders wait for the disk; this was not taken.", code="overloaded"
            )
        first = next((self._under_way[digest] for digest in keys.digests if digest in self._under_way), None)
        if first is not None:
            await self._wait_for(first)
        ended: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._under_way.update(dict.fromkeys(keys.digests, ended))
        try:
            if purpose is not None:
                await self._before(purpose, keys)
            taken, answer, outcome = await self._taken(order, caller, keys, name)
        finally:
            for digest in keys.digests:
                if self._under_way.get(digest) is ended:
                    del self._under_way[digest]
            ended.set_result(None)
        if outcome.as_answered:
            if purpose is not None:
                await self._roads.in_thread(self._after, purpose, outcome.id, key)
            return with_key(taken.key, answer), outcome.id
        found = await self._roads.in_a_moment(intake.found, self._database, outcome.id)
        return (first_answer(found) if found is not None else b"{}"), outcome.id

    async def _taken(self, order: Order, caller: Caller, keys: Keys, name: str | None) -> tuple[Taken, bytes, Outcome]:
        """An order on disk, its answer and what became of it; priced again where others used up what it needs.

        Errors:  DifferentContent, Unavailable.
        """
        ends_at = monotonic() + WRITE_DEADLINE_S
        tries_left = intake.TRIES_MAX
        while True:
            tries_left -= 1
            taken: Taken = await self._roads.of_lines(len(order.lines), self._priced, order, caller, name)
            written, answer = handed_in(self._database, taken, rendered, keys, last=tries_left <= 0)
            landed = self._landing.on_disk(written)
            await asyncio.wait({landed}, timeout=max(0.0, ends_at - monotonic()))
            if written.cancel():
                raise Unavailable("The database was busy for too long; the order was not taken.", code="busy")
            # It has begun: it ends soon, or nobody knows how it will.
            await asyncio.wait({landed}, timeout=UNDER_WAY_MAX_S)
            if not landed.done():
                text = "It is not known yet whether the order was taken; send it again with the same key."
                raise Unavailable(text, code="outcome_unknown")
            outcome: Outcome | None = await landed
            if outcome is not None:
                return taken, answer, outcome

    async def _before(self, purpose: Purpose, keys: Keys) -> None:
        """What a test key's order provokes before it is taken.

        Errors:  those that it provokes.
        """
        await self._waits.for_seconds(purpose.seconds)
        await self._roads.in_thread(refuse_on_purpose, self._database, purpose, keys.digests[-1], self._clock())

    def _after(self, purpose: Purpose, order_id: str, key: ApiKey) -> None:
        """What a test key's order provokes once it is taken: its answer is lost, or its life goes on by itself.

        Errors:  Unavailable.
        """
        for state in purpose.steps:
            said = OrderStep(state=state, text="By its number, as a test key wanted.")
            stepped(self._database, order_id, said, Who(key.name, self._clock(), test=True))
        if purpose.answer_lost:
            raise lost_answer()

    def _priced(self, order: Order, caller: Caller, key: str | None) -> Taken:
        """An order with our prices."""
        book = snapshot(self._database)
        if caller.test:
            book = book_on_purpose(book, [line.item for line in order.lines], refuses=False)
        return priced(
            book, order, caller, key, now=self._clock(), chance=self._chance, signer=self._signer,
            hands_over=self._hands_over,
        )  # fmt: skip

    async def _wait_for(self, first: "asyncio.Future[Any]") -> None:
        try:
            await asyncio.wait_for(asyncio.shield(first), REPEAT_WAIT_S)
        except TimeoutError:
            text = "The first of this order is still being written."
            fault = Fault("key", "in_progress", text, "Send it again in a second.")
            raise Conflict("in_progress", text, (fault,)) from None

    def get(self, order_id: str) -> bytes:
        """One order as it stands now.

        Errors:  NotFound.
        """
        found = intake.found(self._database, order_id)
        if found is None:
            text = f"There is no order {order_id!r}."
            raise NotFound("unknown_order", text, (Fault("id", "unknown_order", text, "List /v1/orders."),))
        return encode(whole(found))

    def of_key(self, name: str, store: str | None, key: ApiKey) -> bytes:
        """One order as it stands now, by the key that it came under, else our id, else its number in the store.

        Errors:  NotAllowed; NotFound.
        """
        require(key, "orders:read")
        caller = Caller(key.name, key.channel, key.test)
        try:
            return self.get(intake.id_under(self._database, caller, name, store) or name)
        except NotFound:
            text = f"There is no order under {name!r}."
            remedy = "Send the key that it came under, our id of it, or its number; with its store where it named one."
            raise NotFound("unknown_order", text, (Fault("key", "unknown_order", text, remedy),)) from None

    def conservation(self) -> dict[str, int]:
        """How many orders were taken, and where each of them is."""
        return counted(self._database)

    def listed(self, filters: dict[str, str], after: str, limit: int) -> bytes:
        """Orders, oldest first, from behind a cursor on."""
        found = intake.listed(self._database, filters, after, limit + 1)
        following = found[limit - 1].id if len(found) > limit else None
        return encode({"data": [whole(order) for order in found[:limit]], "next": following})


def checked_key(key: str | None) -> str | None:
    """An Idempotency-Key as it may be.

    Errors:  Malformed.
    """
    if key is not None and not 1 <= len(key) <= KEY_LENGTH_MAX:
        text = f"An Idempotency-Key has 1 to {KEY_LENGTH_MAX} characters."
        raise malformed("Idempotency-Key", "length", text, "Send a shorter one, as a UUID.")
    return key
