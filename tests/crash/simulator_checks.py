"""What must hold at every step of the simulator, and at the end."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from listino.core.errors import OutcomeUnknown
from listino.core.order_events import APPLIED, BY_HAND, CANCELLED, SETTLED
from listino.db import tasks
from listino.db.conservation import conservation
from listino.ports import Duplicates, ErpOrder, OrderToPlace
from listino.testing.fake_erp import AbleFakeErp
from tests.crash.simulator_database import SimulatedDatabase

PLACED, IN_DOUBT, PARKED, ENDED = "placed", "in_doubt", "parked", frozenset({"dropped", "cancelled"})
STATE = (
    "SELECT o.number, o.id, o.handover, o.life, t.state, coalesce(t.fence, 0), coalesce(t.tries, 0), t.holder, "
    "t.lease_until, t.due_at, t.reason, t.lane, coalesce(t.id, 0) FROM orders o "
    "LEFT JOIN task t ON t.kind = 'place_order' AND t.subject = o.id ORDER BY o.id"
)


class Broken(BaseException):
    """Something that must hold does not; `rule` names it."""

    def __init__(self, rule: str, text: str) -> None:
        super().__init__(f"{rule}: {text}")
        self.rule = rule


@dataclass(frozen=True, slots=True)
class Row:
    """An order as it stands in the database."""

    number: str
    id: str
    handover: str
    life: str
    task: str | None
    fence: int
    tries: int
    holder: str | None
    lease_until: str | None
    due_at: str | None
    reason: str | None
    lane: str | None
    task_id: int

    def __str__(self) -> str:
        lease = f" held by {self.holder}" if self.lease_until else ""
        reason = f" ({self.reason})" if self.reason else ""
        return f"{self.number} {self.handover}{reason} try {self.tries} fence {self.fence}{lease}"


def rows(database: SimulatedDatabase) -> dict[str, Row]:
    """All orders by number."""
    found: dict[str, Row] = {}
    for values in database.connection.execute(STATE):
        row = Row(*values)
        if row.number in found:
            raise Broken("one order per number", f"{row.number} was taken as {found[row.number].id} and {row.id}.")
        found[row.number] = row
    return found


def _is_taken_over(before: Row, now: Row) -> bool:
    return now.lease_until is not None and (before.lease_until is None or before.holder != now.holder)


@dataclass
class Try:
    """An order that was sent; until then it may take effect, unless it is known not to."""

    until: datetime
    is_open: bool = True


class WatchedErp(AbleFakeErp):
    """The fake ERP, with an eye on what it is sent, and when."""

    checks: "Checks"

    def place_order(self, order: OrderToPlace) -> ErpOrder:
        """Place it, if it may be sent at all."""
        sent = self.checks.sending(order.order.number)
        try:
            answer = super().place_order(order)
        except OutcomeUnknown:
            raise
        except Exception:
            sent.is_open = False  # Surely not done.
            raise
        sent.is_open = False
        return answer


@dataclass
class Checks:
    """The invariants of one run.

    Shapes:  answered: the ids of orders that a store was answered 201 for, by number; lost: those that a restore
             took and the store has not sent again; settles: what the ERP takes late, it takes within its settling
             time; tries: what was sent, by number; sends and fences: by the order's id.
    """

    database: SimulatedDatabase
    erp: WatchedErp
    answered: dict[str, str] = field(default_factory=dict)
    lost: set[str] = field(default_factory=set)
    was_restored: bool = False
    has_jumps: bool = False
    settles: bool = True
    before: dict[str, Row] = field(default_factory=dict)
    tries: dict[str, list[Try]] = field(default_factory=dict)
    sends: Counter[str] = field(default_factory=Counter)
    fences: dict[str, int] = field(default_factory=dict)

    @property
    def are_prevented(self) -> bool:
        """Whether a second document may never come to be.

        In class C it may, after a restore or with clocks that are set: nobody can be asked, and a person may have
        looked too early.
        """
        return self.erp.traits.duplicates is not Duplicates.BY_HAND or not (self.was_restored or self.has_jumps)

    def sending(self, number: str) -> Try:
        """An order is about to go out."""
        row = rows(self.database).get(number)
        if row is None or row.handover != IN_DOUBT:
            raise Broken("try recorded before send", f"{number} is sent while it is {row}.")
        self.sends[row.id] += 1
        if row.tries < self.sends[row.id]:
            raise Broken("try recorded before send", f"{number} is sent {self.sends[row.id]} times: {row}.")
        now = self.erp._clock()
        earlier = self.tries.setdefault(number, [])
        if self.are_prevented and any(one.is_open and one.until > now for one in earlier):
            raise Broken("no create while in doubt", f"{number} is sent while an earlier try may take effect: {row}.")
        sent = Try(now + self.erp.traits.deadline + self.erp.traits.settling)
        earlier.append(sent)
        return sent

    def step(self, held: tuple[str, int] | None) -> list[str]:
        """Look at everything after a step; what changed, in words. `held`: what the one who acted holds."""
        now = rows(self.database)
        changed = [row for number, row in now.items() if row != self.before.get(number)]
        for row in changed:
            self._fence(row, held)
            self._in_turn(row, now)
            if row.handover == PARKED and not row.reason:
                raise Broken("parked has its reason", f"{row}")
        for number, order_id in self.answered.items():
            if number not in self.lost and (number not in now or now[number].id != order_id):
                raise Broken("accepted never disappears", f"{number} was answered 201 and is {now.get(number)}.")
        counts = conservation(self.database.connection)
        if counts.pop("taken") != sum(counts.values()):
            raise Broken("conservation", f"{conservation(self.database.connection)}")
        self.before = now
        self.documents()
        return [str(row) for row in changed]

    def _fence(self, row: Row, held: tuple[str, int] | None) -> None:
        before = self.before.get(row.number)
        if row.fence < self.fences.get(row.id, 0):
            raise Broken("fence grows", f"It fell from {self.fences[row.id]}: {row}.")
        self.fences[row.id] = row.fence
        if before is None or before.id != row.id:
            return
        if _is_taken_over(before, row) and row.fence <= before.fence:
            raise Broken("fence grows", f"A new holder has the fence of the one before: {row}.")
        if held is not None and held[0] == row.id and before.fence > held[1]:
            raise Broken("finish by holder", f"Changed by one who held fence {held[1]}: {before}, now {row}.")

    def _in_turn(self, row: Row, now: dict[str, Row]) -> None:
        """A customer's orders go one after the other, as they came."""
        before = self.before.get(row.number)
        if before is None or row.lane is None or not _is_taken_over(before, row):
            return
        for other in now.values():
            was = self.before.get(other.number)
            waits = was is not None and was.task == other.task == tasks.WAITING and was.lane == other.lane == row.lane
            if waits and other.task_id < row.task_id:
                raise Broken("in turn", f"{row} is worked before {other}, of the same customer.")

    def documents(self) -> dict[str, int]:
        """How many documents each order has in the ERP."""
        found = Counter(document.order.order.number for document in self.erp.held())
        double = [number for number, count in found.items() if count > 1]
        if double and self.are_prevented:
            raise Broken("one document per key", f"{double[0]} stands {found[double[0]]} times in the ERP.")
        return found

    def restored(self) -> None:
        """An older copy stands in the place of the database: what it does not know is lost until it is sent again."""
        self.was_restored = True
        now = rows(self.database)
        self.lost = {number for number in self.answered if number not in now}
        self.before = {}
        self.sends.clear()
        self.fences.clear()

    def waiting(self) -> list[tuple[str, str]]:
        """What of orders and their events is still to be done: kind and subject."""
        sql = "SELECT kind, subject FROM task WHERE state = ? AND kind IN (?, ?)"
        found: list[tuple[str, str]] = self.database.connection.execute(
            sql, (tasks.WAITING, tasks.PLACE_ORDER, tasks.ORDER_EVENT)
        ).fetchall()
        return found

    def _events(self) -> None:
        """What stores told of orders was followed in the ERP, once each, or a person has it."""
        events = "SELECT number, e.kind, e.state FROM order_event e JOIN orders o ON o.id = e.order_id "
        lives = {document.order.order.number: document.life for document in self.erp.held()}
        for number, kind, state in self.database.connection.execute(f"{events} WHERE handover = 'placed'"):
            if state not in {APPLIED, BY_HAND, SETTLED}:
                raise Broken("events are followed", f"{number}: {kind} is {state}.")
            there = [one for one in self.erp.documents.followed(f"shop/{number}") if one[1] == kind]
            if state == APPLIED and len(there) != 1:
                raise Broken("events are followed", f"{number}: {kind} came {len(there)} times.")
            if state == APPLIED and kind == CANCELLED and lives[number] != "cancelled":
                raise Broken("events are followed", f"{number}: cancelled, and stands there as {lives[number]}.")

    def end(self) -> None:
        """All faults are over and time has passed: everything is where it belongs."""
        documents, now = self.documents(), rows(self.database)
        if self.lost:
            raise Broken("accepted never disappears", f"Lost by the restore and not sent again: {sorted(self.lost)}.")
        for number, row in now.items():
            there = documents.get(number, 0)
            if row.handover not in {PLACED, PARKED, *ENDED}:
                raise Broken("all is settled at the end", f"{row}")
            if row.handover == PLACED and not there:
                raise Broken("placed is there", f"{row}")
            if row.handover in ENDED and there and self.settles:
                raise Broken("ended is not there", f"{row}")
        if self.waiting():
            raise Broken("all is settled at the end", f"{self.waiting()}")
        if not self.was_restored:
            self._events()
        unknown = set(documents) - set(now)
        if unknown:
            raise Broken("accepted never disappears", f"In the ERP and not here: {sorted(unknown)}.")
