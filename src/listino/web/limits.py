"""How often a key may ask: a bucket for each limited key, in a file that all workers of a machine share.

A bucket is the instant until which all that was asked is paid for at the key's rate. It is read and written under a
lock of its own bytes, so the limit is exact over any number of workers, and the lock of a worker that is killed goes
with it. A key without a limit comes here never.
"""

import fcntl
from collections.abc import Callable
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from threading import Lock
from time import monotonic_ns

from listino.core.errors import Fault, TooOften, Unavailable
from listino.flows.access import ApiKey, Limit
from listino.flows.tokens import Browser
from listino.web.shared_memory import SharedMemory

# A batch, a basket or a page of a catalogue counts as one request for each so many lines of it.
LINES_PER_REQUEST = 50
# So many limits may be in use between two starts of the server.
SLOTS = 65_536
# What was let in beyond its due (large batches side by side) is never paid for longer than so many requests.
DEBT_MAX = 1_000
_SLOT_BYTES = 16
_SECOND_NS = 1_000_000_000


class Limits:
    """The buckets of all limited keys."""

    def __init__(self, folder: Path, refused: Callable[[], None], ticks: Callable[[], int] = monotonic_ns) -> None:
        """`refused` is told of each refusal; `ticks` are nanoseconds that all processes of the machine count alike."""
        self._refused, self._ticks = refused, ticks
        self._memory = SharedMemory(folder / "limits", SLOTS * _SLOT_BYTES)
        self._turn = Lock()
        self._places: dict[tuple[str, Limit], int] = {}

    def check(self, key: ApiKey) -> None:
        """One request of a key.

        Errors:  TooOften (rate_limited), with the seconds after which the next is let in.
        """
        if key.limit is None:
            return
        wait_ns = self._taken(key.id, key.limit, 1, owing=False)
        if wait_ns > 0:
            self._refused()
            raise _too_often(key, key.limit, -(-wait_ns // _SECOND_NS))

    def count_lines(self, asker: ApiKey | Browser, lines: int) -> None:
        """What so many lines count beyond the one request that was let in; the next ones wait for it.

        A token's count as its key's.
        """
        if asker.limit is not None and lines > LINES_PER_REQUEST:
            key_id = asker.id if isinstance(asker, ApiKey) else asker.key_id
            self._taken(key_id, asker.limit, (lines - 1) // LINES_PER_REQUEST, owing=True)

    def _taken(self, key_id: str, limit: Limit, count: int, *, owing: bool) -> int:
        """Take so many requests out of a bucket; else the nanoseconds after which there would be one."""
        each_ns = _SECOND_NS // limit.rate
        with self._turn:
            cell = self._place(key_id, limit)
            fcntl.lockf(self._memory.handle, fcntl.LOCK_EX, _SLOT_BYTES, cell * 8 - 8)
            try:
                now = self._ticks()
                paid_at = max(self._cells[cell], now)
                if paid_at > now + (limit.burst + DEBT_MAX) * each_ns:
                    paid_at = now  # Of another start of the machine.
                wait_ns = paid_at + each_ns - now - limit.burst * each_ns
                if wait_ns <= 0 or owing:
                    self._cells[cell] = paid_at + count * each_ns
            finally:
                fcntl.lockf(self._memory.handle, fcntl.LOCK_UN, _SLOT_BYTES, cell * 8 - 8)
        return wait_ns

    def _place(self, key_id: str, limit: Limit) -> int:
        """The cell of a limit's instant; the cell before it holds its name. A new limit begins with a full bucket.

        Errors:  Unavailable where all slots are taken.
        """
        found = self._places.get((key_id, limit))
        if found is not None:
            return found
        text = f"{key_id}:{limit.rate}:{limit.burst}".encode()
        name = int.from_bytes(blake2b(text, digest_size=8).digest(), "little") | 1
        fcntl.lockf(self._memory.handle, fcntl.LOCK_EX, 1, SLOTS * _SLOT_BYTES)  # Behind the file: nobody else's bytes.
        try:
            for step in range(SLOTS):
                cell = 2 * ((name + step) % SLOTS)
                if self._cells[cell] in {0, name}:
                    self._cells[cell] = name
                    self._places[key_id, limit] = cell + 1
                    return cell + 1
        finally:
            fcntl.lockf(self._memory.handle, fcntl.LOCK_UN, 1, SLOTS * _SLOT_BYTES)
        raise Unavailable("More limited keys are in use than can be counted; restart the server.")

    @cached_property
    def _cells(self) -> memoryview:
        return memoryview(self._memory.bytes).cast("Q")

    def close(self) -> None:
        """Let go of the file."""
        if "_cells" in vars(self):
            self._cells.release()
        self._memory.close()


def _too_often(key: ApiKey, limit: Limit, retry_in_s: int) -> TooOften:
    text = f"The key {key.name!r} may ask {limit.rate} times a second, and {limit.burst} times at once."
    seconds = "a second" if retry_in_s == 1 else f"{retry_in_s} seconds"
    fault = Fault("authorization", "rate_limited", text, f"Ask again after {seconds}, or for many prices in one batch.")
    return TooOften("rate_limited", text, (fault,), retry_in_s)
