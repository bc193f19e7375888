"""What open streams watch: each question is asked once for all of them, and again when a change concerns it.

One watcher for each process, which sleeps while no stream is open. It looks every few hundredths of a second
whether anything was committed; what that concerns, and what a date or an order may have changed, is asked in
pieces so small that prices and orders are answered between them.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from heapq import heapify, heappop, heappush
from itertools import count, islice
from time import monotonic

import structlog

from listino.core.errors import Unavailable
from listino.db.engine import Database, Reading
from listino.flows.live import LivePrices
from listino.flows.watching import Changes, Seen, changes_since, concerns_parties, seen_now
from listino.web.hanging_up import Peer, hang_up
from listino.web.live_answers import answers
from listino.web.live_room import Room, Share
from listino.web.roads import Roads
from listino.web.watched import Answer, Line, Name, Watcher, touched

# So often it is looked whether anything was committed; a server's stock, of which nobody tells, less often.
LOOK_S = 0.05
LOOK_AT_SERVER_S = 0.1
# What orders use up is asked again so often, and streams are looked after.
TEND_S = 1.0
# A piece of work ends with so many questions.
PIECE_MAX = 25
# After a failure the next look waits so long.
RETRY_S = 0.5

log = structlog.get_logger()


class Hub:
    """The streams of a process, the questions that they watch, and who asks them."""

    def __init__(
        self, database: Database, roads: Roads, clock: Callable[[], datetime], live: LivePrices | None
    ) -> None:
        self._database, self._roads, self._clock, self._live = database, roads, clock, live
        self._look_s = LOOK_AT_SERVER_S if database.is_server else LOOK_S
        self._lines: dict[Name, Line] = {}
        self._room = Room(self._lines.keys())
        self._by_item: dict[str, set[Line]] = {}
        self._streams: set[Watcher] = set()
        self._due: dict[Line, None] = {}
        self._timers: list[tuple[datetime, int, Line]] = []
        self._timer_no = count()
        self._seen: Seen | None = None
        self._used = False
        self._watcher: asyncio.Task[None] | None = None
        self._kicked = asyncio.Event()
        self._stuck: set[Peer] = set()
        self._ending = False

    def check_room(self, owner: str, lines: Sequence[Line], share: Share) -> None:
        """Refuse one more stream, of such lines, where there is no room for it.

        Errors:  TooOften where its owner has its share; Unavailable where all is taken, also where the server ends.
        """
        if self._ending:
            raise Unavailable("The server ends; ask again.", code="server_ends")
        self._room.check(owner, lines, share)

    def open(self, stream: Watcher) -> None:
        """A stream begins to watch its lines."""
        self._streams.add(stream)
        self._room.take(stream)
        for place, line in enumerate(stream.lines):
            known = stream.lines[place] = self._lines.setdefault(line.name, line)
            known.streams.add(stream)
            self._by_item.setdefault(known.asked.item, set()).add(known)
            if not known.digest:
                self._due[known] = None
        self._kicked.set()
        if self._watcher is None:
            self._watcher = asyncio.get_running_loop().create_task(self._watch())

    def close(self, stream: Watcher) -> None:
        """A stream has ended, in whatever way."""
        self._streams.discard(stream)
        self._room.leave(stream)
        for line in stream.lines:
            line.streams.discard(stream)
            if not line.streams and self._lines.pop(line.name, None) is not None:
                self._due.pop(line, None)
                same = self._by_item[line.asked.item]
                same.discard(line)
                if not same:
                    del self._by_item[line.asked.item]
        if not self._streams:
            self._kicked.set()

    def end(self) -> None:
        """Every stream ends now, and none begins: the server ends."""
        self._ending = True
        for stream in self._streams:
            stream.end()

    def hang_up(self, peer: Peer | None) -> None:
        """Cut a connection in which nothing moves; those of many together."""
        if peer is None:
            return
        if not self._stuck:
            asyncio.get_running_loop().call_soon(self._hang_up)
        self._stuck.add(peer)

    def _hang_up(self) -> None:
        stuck, self._stuck = self._stuck, set()
        hang_up(stuck)

    async def _watch(self) -> None:
        """Look and ask, as long as a stream is open."""
        looked_s = tended_s = 0.0
        try:
            while self._streams:
                try:
                    if monotonic() - looked_s >= self._look_s:
                        looked_s = monotonic()
                        await self._look()
                    if monotonic() - tended_s >= TEND_S:
                        tended_s = monotonic()
                        await self._tend()
                    if self._due:
                        await self._ask()
                    await self._pause()
                except Exception as error:
                    # The database is away, or something is wrong with us: what is due stays due.
                    if not isinstance(error, Unavailable):
                        log.error("live", exc_info=error)
                    await asyncio.sleep(RETRY_S)
        finally:
            self._over()

    def _over(self) -> None:
        """The watcher has ended; the next stream begins another. Streams that it left open end: nobody tells them."""
        if self._streams and not self._ending:
            log.error("live_ended", streams=len(self._streams))
        for stream in self._streams:
            stream.end()
        for line in self._lines.values():
            line.again_at = None
            self._due[line] = None
        self._watcher, self._seen = None, None
        self._timers.clear()

    async def _pause(self) -> None:
        """Let others have their turn; without work, until the next look or the next stream."""
        if self._due:
            await asyncio.sleep(0)
            return
        self._kicked.clear()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._kicked.wait(), self._look_s)

    async def _look(self) -> None:
        """Find what is due: by what was committed, and by the clock."""
        changes = await self._roads.in_a_moment(self._changes)
        if changes is not None:
            await self._take_in(changes)
        now = self._clock()
        while self._timers and self._timers[0][0] <= now:
            at, _, line = heappop(self._timers)
            if line.again_at == at and line.streams:
                line.again_at = None
                self._due[line] = None

    def _changes(self) -> Changes | None:
        """What was committed since the last look; None where there is nothing new, or no database to ask."""
        reading = self._database.read()
        if reading.stale_since is not None:
            return None
        if self._seen is None:
            return Changes(seen_now(reading), None, None)
        if reading.version == self._seen.version and not self._database.is_server:
            return None
        return changes_since(self._database, reading, self._seen)

    async def _take_in(self, changes: Changes) -> None:
        before, self._seen = self._seen, changes.seen
        self._used = True
        if before is None:
            return
        if before.epoch != changes.seen.epoch:  # Another time line: whoever comes again is told everything anew.
            for stream in self._streams:
                stream.end()
            for line in self._lines.values():
                line.revision = -1
        if before.access != changes.seen.access or concerns_parties(changes.parts):
            await self._check_rights()
        if changes.items is None:
            self._due.update(dict.fromkeys(self._lines.values()))
        else:
            self._due.update(dict.fromkeys(line for item in changes.items for line in self._by_item.get(item, ())))
        if changes.parts != frozenset():
            self._due.update(dict.fromkeys(touched(self._lines.values(), changes.parts)))

    async def _check_rights(self) -> None:
        """End the streams of those who may not ask any more."""
        streams = list(self._streams)

        def refused(some: list[Watcher]) -> list[Watcher]:
            reading: Reading = self._database.read()
            return [stream for stream in some if not stream.may_go_on(reading)]

        for start in range(0, len(streams), PIECE_MAX):
            for stream in await self._roads.in_a_moment(refused, streams[start : start + PIECE_MAX]):
                stream.end()
            await asyncio.sleep(0)

    async def _tend(self) -> None:
        """Look after the streams; and after what orders use up, of which no revision tells."""
        now, now_s = self._clock(), monotonic()
        for stream in self._streams:
            stream.tend(now, now_s)
        if self._used:
            self._used = self._database.is_server
            self._due.update(dict.fromkeys(line for line in self._lines.values() if line.counted))

    async def _ask(self) -> None:
        """Ask some of what is due, and tell whoever watches it."""
        lines = list(islice(self._due, PIECE_MAX))
        found: list[Answer] = await self._roads.in_a_moment(answers, self._database, self._live, lines, self._clock())
        told: set[Watcher] = set()
        for answer in found:
            line, revision = answer.line, answer.revision
            if revision < line.revision:
                continue  # Another thread has seen more already; the line stays due.
            self._due.pop(line, None)
            line.parts, line.counted, line.revision = answer.found.parts, answer.found.counted, revision
            self._wait_for(line, answer.found.again_at)
            line.data = answer.data  # Whoever comes later is told the newest, also of what makes no event.
            if answer.digest != line.digest:
                line.digest = answer.digest
                told |= line.streams
        for stream in told:
            stream.wake()

    def _wait_for(self, line: Line, again_at: datetime | None) -> None:
        """Have a line asked again at an instant."""
        if again_at == line.again_at:
            return
        line.again_at = again_at
        if again_at is None:
            return
        if len(self._timers) > 2 * len(self._lines):  # Most have been overtaken.
            self._timers = [timer for timer in self._timers if timer[2].again_at == timer[0] and timer[2].streams]
            heapify(self._timers)
        heappush(self._timers, (again_at, next(self._timer_no), line))
