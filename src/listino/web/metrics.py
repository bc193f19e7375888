"""Counters that all workers share: one small file each, added up when somebody asks."""

import mmap
import os
import struct
import tempfile
from datetime import datetime
from pathlib import Path

from listino.db.engine import Database
from listino.flows.conservation import counted
from listino.flows.drift import counted as compared_and_differing
from listino.flows.mirror_state import lags_of
from listino.flows.task_figures import targets, task_figures

STATUSES = (2, 3, 4, 5)
_CELL = struct.Struct("=Q")


class Metrics:
    """This worker's counters, in a file that outlives it, so that sums never fall."""

    PRICES = 0
    OTHERS = 1
    DOORS = ("prices", "others")
    # What was turned away before anything was begun: by the limit of its key, or under overload, by its kind.
    SHED = ("bulk", "prices", "others", "streams", "orders")

    def __init__(self, folder: str | None) -> None:
        self.folder = Path(folder or tempfile.mkdtemp(prefix="listino-metrics-"))
        self.folder.mkdir(parents=True, exist_ok=True)
        size = _CELL.size * (_ANSWERS + 1 + len(self.SHED) + 1)
        path = self.folder / f"{os.getpid()}.counters"
        with path.open("wb") as file:
            file.write(bytes(size))
        with path.open("r+b") as file:
            self._file = mmap.mmap(file.fileno(), size)
        self._cells = memoryview(self._file).cast("Q")

    def count(self, door: int, status: int) -> None:
        """One more answer of a door."""
        self._cells[door * len(STATUSES) + min(max(status // 100, 2), 5) - 2] += 1

    def limited(self) -> None:
        """One more request that the limit of its key kept out."""
        self._cells[_ANSWERS] += 1

    def unlogged(self, count: int) -> None:
        """So many requests more of which the log keeps nothing."""
        self._cells[len(self._cells) - 1] += count

    def shed(self, kind: int) -> None:
        """One more request of a kind (a place in SHED) that was turned away under overload."""
        self._cells[_ANSWERS + 1 + kind] += 1

    def text(self, database: Database, now: datetime) -> str:
        """All counters and the state of the book, in Prometheus' text format."""
        totals = [0] * len(self._cells)
        for path in sorted(self.folder.glob("*.counters")):
            cells = path.read_bytes()
            for index in range(min(len(totals), len(cells) // _CELL.size)):
                totals[index] += _CELL.unpack_from(cells, index * _CELL.size)[0]
        lines = [
            "# HELP listino_requests_total Answers by door and class of status.",
            "# TYPE listino_requests_total counter",
        ]
        for index, value in enumerate(totals[:_ANSWERS]):
            door, status = self.DOORS[index // len(STATUSES)], STATUSES[index % len(STATUSES)]
            lines.append(f'listino_requests_total{{door="{door}",status="{status}xx"}} {value}')
        lines += ["# HELP listino_rate_limited_total Requests that the limit of their key kept out."]
        lines += ["# TYPE listino_rate_limited_total counter", f"listino_rate_limited_total {totals[_ANSWERS]}"]
        lines += ["# HELP listino_shed_total Requests that were turned away under overload, by kind."]
        lines += ["# TYPE listino_shed_total counter"]
        lines += [f'listino_shed_total{{kind="{kind}"}} {totals[_ANSWERS + 1 + place]}'
                  for place, kind in enumerate(self.SHED)]  # fmt: skip
        lines += ["# HELP listino_requests_unlogged_total Requests that the log of requests left out, being too many."]
        lines += ["# TYPE listino_requests_unlogged_total counter", f"listino_requests_unlogged_total {totals[-1]}"]
        reading = database.read()
        lines += ["# HELP listino_revision The newest revision.", "# TYPE listino_revision gauge"]
        lines.append(f"listino_revision {reading.revision}")
        lines += ["# HELP listino_orders Orders by hand-over.", "# TYPE listino_orders gauge"]
        counts = counted(database)
        lines += [f'listino_orders{{handover="{name}"}} {count}' for name, count in counts.items() if name != "taken"]
        lines += ["# HELP listino_orders_taken Orders ever taken: the sum over all hand-overs."]
        lines += ["# TYPE listino_orders_taken gauge", f"listino_orders_taken {counts['taken']}"]
        compared, differing = compared_and_differing(database)
        lines += ["# HELP listino_prices_compared_total Answers held against the management system's own prices."]
        lines += ["# TYPE listino_prices_compared_total counter", f"listino_prices_compared_total {compared}"]
        lines += ["# HELP listino_price_mismatches_total Of these, those that differed."]
        lines += ["# TYPE listino_price_mismatches_total counter", f"listino_price_mismatches_total {differing}"]
        lines += ["# HELP listino_mirror_lag_seconds Since when a management system has not been followed."]
        lines += ["# TYPE listino_mirror_lag_seconds gauge"]
        lines += [
            f'listino_mirror_lag_seconds{{source="{name}"}} {lag}' for name, lag in lags_of(database, now).items()
        ]
        lines += _of_tasks(database, now)
        return "\n".join(lines) + "\n"

    def close(self) -> None:
        """Let go of the file; it stays for the sums."""
        self._cells.release()
        self._file.close()


_ANSWERS = len(Metrics.DOORS) * len(STATUSES)


def _of_tasks(database: Database, now: datetime) -> list[str]:
    """What is due, and the systems that do not answer."""
    figures = task_figures(database, now)
    lines = ["# HELP listino_tasks What is to be done, by kind and state.", "# TYPE listino_tasks gauge"]
    lines += [f'listino_tasks{{kind="{one.kind}",state="{one.state}"}} {one.count}' for one in figures]
    lines += ["# HELP listino_task_overdue_seconds For how long the oldest task of a kind has been due."]
    lines += ["# TYPE listino_task_overdue_seconds gauge"]
    waiting = [one for one in figures if one.state == "waiting"]
    lines += [f'listino_task_overdue_seconds{{kind="{one.kind}"}} {one.overdue_s}' for one in waiting]
    lines += ["# HELP listino_target_down Whether a system answers no call (1) or does (0)."]
    lines += ["# TYPE listino_target_down gauge"]
    return lines + [
        f'listino_target_down{{target="{one.name}"}} {int(one.down_since is not None)}' for one in targets(database)
    ]
