"""For how many different items a token's holder may ask in an hour: against pages that read a whole catalogue.

The items of a holder and hour are bits of a map of fixed size, in a file that all workers of a machine share; of so
many items as its bits tell, the number is known within one percent. A map that nobody needs any more is taken over.
"""

import fcntl
import mmap
from collections.abc import Callable, Iterable
from datetime import datetime
from hashlib import blake2b
from math import exp
from pathlib import Path
from threading import Lock

from listino.core.errors import Fault, TooOften
from listino.flows.tokens import Browser
from listino.web.shared_memory import SharedMemory

HOUR_S = 3_600
MAP_BYTES = 2_048
MAP_BITS = MAP_BYTES * 8
# A budget beyond it could not be told from any: every bit of a map would be set.
ITEMS_MAX = 100_000
# So many holders are counted in an hour; beyond it, one that is new takes another's place. Addresses from which guests
# ask are no token's to choose, so they have slots of their own and take no customer's.
SLOTS = 4_096
ADDRESS_SLOTS = 1_024
PROBES = 16
_NAME, _HOUR, _COUNT = slice(0, 8), slice(8, 12), slice(12, 16)
_HEAD_BYTES = 16
_SLOT_BYTES = _HEAD_BYTES + MAP_BYTES


class Budget:
    """The items that the holders of tokens asked for in this hour."""

    def __init__(self, folder: Path) -> None:
        self._memory = SharedMemory(folder / "budget", (SLOTS + ADDRESS_SLOTS) * _SLOT_BYTES)
        self._turn = Lock()

    def check(self, browser: Browser, now: datetime) -> None:
        """Refuse whoever has nothing left, before anything is looked for: a refusal then tells nothing of it.

        Errors:  TooOften (item_budget).
        """
        self._reckoned(browser, now, lambda start, most: self._counted(start) < most)

    def spend(self, browser: Browser, items: Iterable[str], now: datetime, *, found: bool = False) -> None:
        """Count items that a token's holder asks for, each once an hour.

        Errors:  TooOften (item_budget) where some are new and there would be too many; then none is counted, but
                 where they were `found` for it nothing is left: that there are so many, it is told once.
        """
        bits = {int.from_bytes(blake2b(code.encode(), digest_size=2).digest()) % MAP_BITS for code in items}
        self._reckoned(browser, now, lambda start, most: self._set(start, bits, most, found=found))

    def _reckoned(self, browser: Browser, now: datetime, is_within_of: Callable[[int, int], bool]) -> None:
        """Look at a holder's slot, or write in it, while no other worker does."""
        if browser.budget is None:
            return
        hour, into_it_s = divmod(int(now.timestamp()), HOUR_S)
        with self._turn:
            fcntl.lockf(self._memory.handle, fcntl.LOCK_EX, 1, 0)
            try:
                is_within = is_within_of(self._slot(browser, hour), bits_for(browser.budget))
            finally:
                fcntl.lockf(self._memory.handle, fcntl.LOCK_UN, 1, 0)
        if not is_within:
            raise _spent(browser.budget, HOUR_S - into_it_s)

    def _counted(self, start: int) -> int:
        return int.from_bytes(_part(self._memory.bytes, start, _COUNT), "little")

    def _set(self, start: int, bits: set[int], most: int, *, found: bool) -> bool:
        """Set bits of a slot's map, unless there would be too many of them."""
        file, first = self._memory.bytes, start + _HEAD_BYTES
        new = [bit for bit in bits if not file[first + bit // 8] >> bit % 8 & 1]
        before = self._counted(start)
        counted = before + len(new)
        is_within = not new or counted <= most
        if is_within:
            for bit in new:
                file[first + bit // 8] |= 1 << bit % 8
        elif found:
            counted = max(before, most)
        if is_within or found:
            _put(file, start, _COUNT, counted.to_bytes(4, "little"))
        return is_within

    def _slot(self, browser: Browser, hour: int) -> int:
        """Where a holder's slot of this hour begins; a new one is empty."""
        name = blake2b(browser.subject.encode(), digest_size=8).digest()
        place = int.from_bytes(name, "little")
        first, slots = (0, SLOTS) if browser.address is None else (SLOTS, ADDRESS_SLOTS)
        starts = [(first + (place + step) % slots) * _SLOT_BYTES for step in range(PROBES)]
        free: int | None = None
        for start in starts:
            is_current = int.from_bytes(_part(self._memory.bytes, start, _HOUR), "little") == hour
            if is_current and _part(self._memory.bytes, start, _NAME) == name:
                return start
            if not is_current and free is None:
                free = start
        start = starts[0] if free is None else free
        self._memory.bytes[start : start + _SLOT_BYTES] = name + hour.to_bytes(4, "little") + bytes(4 + MAP_BYTES)
        return start

    def close(self) -> None:
        """Let go of the file."""
        self._memory.close()


def bits_for(items: int) -> int:
    """How many bits so many different items set, on average: some fall on the same."""
    return round(MAP_BITS * (1 - exp(-items / MAP_BITS)))


def _part(file: mmap.mmap, start: int, part: slice) -> bytes:
    return file[start + part.start : start + part.stop]


def _put(file: mmap.mmap, start: int, part: slice, value: bytes) -> None:
    file[start + part.start : start + part.stop] = value


def _spent(budget: int, retry_in_s: int) -> TooOften:
    text = f"This token may ask for {budget} different items in an hour, and they are spent."
    fault = Fault("item", "item_budget", text, "Ask for items that were asked for before, or in the next hour.")
    return TooOften("item_budget", text, (fault,), retry_in_s)
