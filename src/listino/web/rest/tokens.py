"""The door at which a store's server mints tokens for browsers."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from listino.core.errors import Fault, Malformed, NotAllowed, malformed
from listino.db.engine import Database
from listino.flows.access import ApiKey
from listino.flows.price import buyer_for, snapshot
from listino.flows.tokens import ITEMS_PER_HOUR, Browser, Tokens, question_of
from listino.web.answers import encode, instant_text
from listino.web.auth import require
from listino.web.browser_messages import TokenAnswer, TokenAsk
from listino.web.budget import ITEMS_MAX
from listino.web.origins import origin_of
from listino.web.reading import body_of, checked_code, checked_currency, message_of, query_of, single
from listino.web.responses import as_json

ORIGINS_MAX = 20
# (usual, most), in minutes
MINUTES = {"customer": (15, 1_440), "public": (1_440, 525_600)}
LANGUAGE_LENGTH_MAX = 35
_decoder = msgspec.json.Decoder(TokenAsk)


class TokenDoor:
    """Mints tokens for browsers."""

    def __init__(
        self, database: Database, tokens: Tokens, clock: Callable[[], datetime],
        in_thread: Callable[..., Awaitable[Any]],
    ) -> None:  # fmt: skip
        self._database, self._tokens, self._clock, self._in_thread = database, tokens, clock, in_thread

    async def mint(self, request: Request, key: ApiKey) -> Response:
        """A token for a customer's browser, or for all guests of a channel."""
        require(key, "tokens:create")
        single(query_of(request.scope["query_string"]), frozenset())
        ask = message_of(await body_of(request.scope, request.receive), _decoder)
        return as_json(await self._in_thread(self._minted, ask, key), 201)

    def _minted(self, ask: TokenAsk, key: ApiKey) -> bytes:
        now = self._clock()
        browser = self._browser(ask, key, now)
        book = snapshot(self._database)
        buyer = buyer_for(book, question_of(browser, now))
        if buyer.customer is not None and buyer.customer.status != "active":
            text = f"The customer {browser.customer!r} is {buyer.customer.status}."
            raise NotAllowed(
                "customer_blocked", text, (Fault("customer", "customer_blocked", text, "Name an active customer."),)
            )
        token = self._tokens.minted(browser, book.reading.epoch, now)
        expires_at = instant_text(browser.expires_at)
        return encode(
            TokenAnswer(token, expires_at, browser.kind, browser.customer, browser.channel, list(browser.origins))
        )

    def _browser(self, ask: TokenAsk, key: ApiKey, now: datetime) -> Browser:
        """For whom a token is, as it was asked for.

        Errors:  Malformed.
        """
        kind = "public" if ask.customer is None else "customer"
        channel = key.channel if ask.channel is None else checked_code(ask.channel, "channel")
        if channel is None and kind == "public":
            remedy = "Name a channel, or use a key that has one; or name a customer."
            raise malformed("channel", "missing", "A public token is for the guest of a channel.", remedy)
        if ask.orders:
            require(key, "orders:create")
        if ask.orders and kind == "public":
            remedy = "Name a customer, or leave orders out."
            raise malformed("orders", "not_for_guests", "A guest's token cannot place orders.", remedy)
        usual, most = MINUTES[kind]
        minutes = _bounded(ask.minutes, "minutes", most)
        return Browser(
            token_id=self._tokens.new_id(),
            key_id=key.id,
            key_name=key.name,
            kind=kind,
            customer=None if ask.customer is None else checked_code(ask.customer, "customer"),
            channel=channel,
            currency=checked_currency(ask.currency),
            language=_language(ask.language),
            origins=_origins(ask.origins),
            budget=_bounded(ask.items_per_hour, "items_per_hour", ITEMS_MAX)
            or (ITEMS_PER_HOUR if kind == "customer" else None),
            orders=ask.orders,
            test=key.test,
            limit=key.limit,
            expires_at=now.replace(microsecond=0) + timedelta(minutes=minutes or usual),
        )


def _bounded(value: int | None, field: str, most: int) -> int | None:
    if value is not None and not 1 <= value <= most:
        raise malformed(field, "out_of_range", f"{field} is 1 to {most}, not {value}.", "Send a number between them.")
    return value


def _origins(said: list[str]) -> tuple[str, ...]:
    """Origins as browsers write them, each once.

    Errors:  Malformed with a fault for each that is none.
    """
    if not 1 <= len(said) <= ORIGINS_MAX:
        text = f"A token is for 1 to {ORIGINS_MAX} origins, not {len(said)}."
        raise malformed("origins", "count", text, "Name the pages that may ask, as https://shop.example.com.")
    found = [origin_of(text, f"origins[{index}]") for index, text in enumerate(said)]
    faults = tuple(one for one in found if isinstance(one, Fault))
    if faults:
        raise Malformed(faults[0].code, faults[0].text, faults)
    return tuple(dict.fromkeys(one for one in found if isinstance(one, str)))


def _language(said: str | None) -> str | None:
    if said is None:
        return None
    if not (said.isascii() and said.replace("-", "").isalnum() and len(said) <= LANGUAGE_LENGTH_MAX):
        raise malformed("language", "not_a_language", f"{said[:50]!r} is not a language tag.", "Send one, as it-IT.")
    return said
