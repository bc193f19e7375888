"""What a test key provokes, on its way through the doors: answers that are held back, without holding up others."""

import asyncio
from collections.abc import Iterable

from listino.flows.access import ApiKey
from listino.flows.provoked import PREFIX as PREFIX
from listino.flows.provoked import seconds_of
from listino.flows.tokens import Browser
from listino.web.streams import Streams

# Tells with an answer that a test key asked for it as it is.
MARK = b"listino-test"
# A server that is about to end waits no longer than this for what is held back.
LOOK_EVERY_S = 0.25


def marked(code: str) -> list[tuple[bytes, bytes]]:
    """The header of an answer about an item that provokes it."""
    return [(MARK, code.removeprefix(PREFIX).encode())] if code.startswith(PREFIX) and code.isascii() else []


class Waits:
    """Holds answers back, for as long as the server does not end."""

    def __init__(self, streams: Streams) -> None:
        self._streams = streams

    async def for_items(self, asker: ApiKey | Browser, codes: Iterable[str]) -> None:
        """Wait for the longest delay that any of the items provokes with a test key, or a token that it minted."""
        if asker.test:
            await self.for_seconds(max((seconds_of(code) for code in codes if code.startswith(PREFIX)), default=0))

    async def for_header(self, value: bytes) -> None:
        """Wait for the delay that the header of an answer tells."""
        await self.for_seconds(seconds_of(PREFIX + value.decode()))

    async def for_seconds(self, seconds: float) -> None:
        """Wait, or until the server ends."""
        while seconds > 0 and not self._streams.ending:
            await asyncio.sleep(min(LOOK_EVERY_S, seconds))
            seconds -= LOOK_EVERY_S
