"""The worklist of what customers asked for and have no price of: counted beside the answers, listed by GET."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime
from typing import Any

import structlog

from listino.core.errors import Unavailable, malformed
from listino.core.explain import no_price_text
from listino.core.money import plain
from listino.db.engine import Database
from listino.flows import unpriced
from listino.flows.access import ApiKey
from listino.flows.price import Asked
from listino.flows.tokens import Browser
from listino.flows.unpriced import Place, Unpriced, Wanted
from listino.web.answers import encode, not_applied_line
from listino.web.auth import require
from listino.web.messages import UnpricedLine
from listino.web.reading import checked_code, is_number
from listino.web.rest.facts import page_of

# What a worker that dies has counted since is lost.
WRITE_EVERY_S = 10.0
FILTERS = frozenset(["item", "customer", "channel", "reason"])
log = structlog.get_logger()


class UnpricedDoor:
    """Counts questions without a price, writes the counts down now and then, and lists them."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock
        self._counts = Unpriced()
        self._writing: asyncio.Task[None] | None = None

    def note(self, asked: Asked, asker: ApiKey | Browser) -> None:
        """Count a question that has no price; what is asked with a test key is nobody's wish."""
        if not asker.test:
            self._counts.note(asked, self._clock())

    def start(self, in_thread: Callable[..., Awaitable[Any]]) -> None:
        """Begin to write the counts down as time passes."""
        self._writing = asyncio.get_running_loop().create_task(self._write_now_and_then(in_thread))

    async def _write_now_and_then(self, in_thread: Callable[..., Awaitable[Any]]) -> None:
        while True:
            await asyncio.sleep(WRITE_EVERY_S)
            try:
                await in_thread(self._counts.write_down, self._database)
            except Exception as error:
                # Nobody waits for it: the counts stay, and are written the next time.
                log.warning("unpriced_not_written", exc_info=error)

    def stop(self) -> None:
        """Write down what is left."""
        if self._writing is not None:
            self._writing.cancel()
        with suppress(Exception):
            self._counts.write_down(self._database)

    def listed(self, key: ApiKey, said: dict[str, str], language: str | None) -> bytes:
        """A page of the list: `limit`, `after`, and filters by item, customer, channel and reason.

        Errors:  Malformed.
        """
        require(key, "facts:read")
        limit, after = page_of(said)
        place = _place_of(after) if after else None
        for name in said.keys() - {"reason"}:
            checked_code(said[name], name)
        with suppress(Unavailable):
            self._counts.write_down(self._database)
        page, following = unpriced.listed(self._database, said, place, limit, self._clock())
        full = key.may("explain:full")
        return encode({
            "data": [line(wanted, language, full=full) for wanted in page],
            "next": None if following is None else "~".join(map(str, following)),
        })  # fmt: skip


def line(wanted: Wanted, language: str | None, *, full: bool) -> UnpricedLine:
    """One entry as it is answered; without `full` the rule that did not apply is left out."""
    asked, outcome = wanted.asked, wanted.outcome
    return UnpricedLine(
        item=asked.item,
        customer=asked.customer,
        channel=asked.channel,
        quantity=plain(outcome.quantity),
        unit=outcome.unit,
        currency=outcome.currency,
        country=asked.country,
        ship_to=asked.ship_to,
        order_type=asked.order_type,
        coupons=list(asked.coupons),
        reason=outcome.reason,
        text=no_price_text(outcome.reason),
        nearest=not_applied_line(wanted.nearest, language) if full and wanted.nearest is not None else None,
        times=wanted.times,
        first_at=wanted.first_at,
        last_at=wanted.last_at,
    )


def _place_of(cursor: str) -> Place:
    times, _, rest = cursor.partition("~")
    last_at, _, number = rest.partition("~")
    if not is_number(times) or not is_number(number):
        raise malformed(
            "after", "not_a_cursor", "after is no cursor of this list.", "Send the `next` of the page before."
        )
    return Place(int(times), last_at, int(number))
