"""The simulator: a store, workers, people and an ERP, in a storm of faults drawn from a seed; the product's own code.

`make crash` runs it: SEEDS=1000 many seeds, SEED=123 one of them, with its trace.
"""

import os
import sys
from collections.abc import Callable, Set
from contextlib import suppress
from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum
from functools import partial
from random import Random

import pysqlite3.dbapi2 as sqlite

from listino.core.errors import Conflict, DifferentContent, NotFound, Unavailable
from listino.core.order_events import CANCELLED, PAID, OrderEvent
from listino.core.orders import Order, OrderLine
from listino.db import copies, tasks
from listino.db.engine import Connection
from listino.db.snapshot import snapshot
from listino.db.tables_work import ERP_TARGET
from listino.flows.desk import Who
from listino.flows.handover_decisions import Person, dropped, marked_placed, retried
from listino.flows.intake import Caller, handed_in, keys_of, priced
from listino.flows.order_events import told
from listino.flows.outside import Outside, Work
from listino.flows.reconcile import reconciled
from listino.flows.work import carried_out, claimed, is_due
from listino.web.rest.order_answers import rendered
from listino.worker import SteadyClock
from tests.crash.simulator_checks import Broken, Checks, Row, WatchedErp, rows
from tests.crash.simulator_database import SimulatedDatabase
from tests.crash.simulator_plan import MINUTE, UNKNOWN_ITEM, drawn
from tests.crash.simulator_time import START, Killed, Process, Time

SECOND = timedelta(seconds=1)
# What clocks of one machine's processes never differ by, and those of several may.
SKEW_MAX = 2 * SECOND
CALM_MAX = timedelta(days=2)
# A worker looks every tenth of a second; here the less often, the longer it found nothing.
IDLE_MIN, IDLE_MAX = 5 * SECOND, 15 * MINUTE
IDLE_CALM_MAX = timedelta(hours=4)
REPEAT_AFTER = timedelta(hours=26)
STALL_MAX = timedelta(minutes=4)
ANSWER_WITHIN = 10 * SECOND
STORE = Caller("shop", None, test=False)


class Bug(Enum):
    """A safety beam that a control takes out of what stands around the product."""

    ANSWER_BEFORE_COMMIT = "answer_before_commit"
    TASK_APART = "task_apart"
    KEY_FORGOTTEN = "key_forgotten"
    RESTORED_WITHOUT_LOOKING = "restored_without_looking"


class Simulation:
    """One run: everything in it, and what everybody does."""

    def __init__(self, seed: int, bugs: Set[Bug] = frozenset()) -> None:
        self.bugs = bugs
        self.chance = Random(seed)
        self.plan = drawn(self.chance)
        self.time = Time(self.chance)
        self.database = SimulatedDatabase(self.time, task_apart=Bug.TASK_APART in bugs)
        self.erp = WatchedErp(
            self.plan.traits.duplicates, clock=lambda: self.time.now, wait=self.time.pause, chance=self.chance,
            traits=self.plan.traits,
        )  # fmt: skip
        self.erp.weather.troubles = dict(self.plan.troubles)
        self.erp.weather.late = self.plan.late
        self.erp.items = {"hammer"}
        self.checks = self.erp.checks = Checks(
            self.database, self.erp, has_jumps=bool(self.plan.jumps),
            settles=self.plan.late[1] <= self.plan.traits.deadline + self.plan.traits.settling,
        )  # fmt: skip
        self.trace: list[str] = []
        self.processes: list[Process] = []
        self.machine = timedelta(0)
        self.holding: dict[str, tuple[str, int]] = {}
        self.stores_open = self.plan.orders
        self.ids = 0
        self._seen = (-1, -1)

    def run(self) -> list[str]:
        """The whole run; its trace.

        Errors:  Broken, when something did not hold.
        """
        self.database.connection.execute("BEGIN")
        tasks.know_target(self.database.connection, ERP_TARGET)
        self.database.connection.execute("COMMIT")
        self.time.after_step = lambda actor: self._stepped(actor.name, actor.process)
        for number in range(self.plan.processes):
            self._boot(f"p{number}")
        for number in range(self.plan.orders):
            self.time.start(f"store-{number}", partial(self._order, f"n{number}"), self._some(self.plan.storm))
        self.time.start("calm", self._calm, self.plan.storm)
        self.time.start("people", self._people, self._some(self.plan.storm))
        for begins, lasts in self.plan.outages:
            self.time.start("weather", partial(self._outage, lasts), begins)
        for at, by in self.plan.jumps:
            self.time.start("clock", partial(self._jump, by), at)
        if self.plan.restore is not None:
            self.time.start("backup", self._back_up, self.plan.restore[0])
        try:
            self.time.run()
            self.checks.step(None)
            self.checks.end()
        except Broken as error:
            self.trace.append(f"BROKEN {error}")
            raise
        finally:
            self.database.close()
        return self.trace

    @property
    def is_calm(self) -> bool:
        """Whether the faults are over."""
        return self.time.now >= START + self.plan.storm

    def tell(self, who: str, what: str) -> None:
        """A line of the trace."""
        self.trace.append(f"{(self.time.now - START).total_seconds():10.3f} {who}: {what}")

    def _some(self, duration: timedelta) -> timedelta:
        return duration * self.chance.random()

    def _stepped(self, who: str, process: Process | None) -> None:
        """After each step: the invariants, and perhaps the end of this process."""
        seen = (self.database.commits, sum(self.erp.calls.values()))
        if seen != self._seen:
            self._seen = seen
            try:
                for change in self.checks.step(self.holding.get(who)):
                    self.tell(who, change)
            except Broken as error:
                self.time.fail(error)
                raise Killed from None
        if process is not None and process.alive and not self.is_calm and self.chance.random() < self.plan.kills:
            self._kill(process)

    def _boot(self, name: str) -> None:
        process = Process(name)
        skew = SKEW_MAX * (2 * self.chance.random() - 1)
        self.processes.append(process)
        for number in range(self.plan.workers):
            who = f"{name}-w{number}"
            self.holding.pop(who, None)
            self.time.start(who, partial(self._worker, who, process, skew), self._some(SECOND), process)

    def _kill(self, process: Process) -> None:
        self.tell(process.name, "killed")
        process.alive = False
        self.processes.remove(process)
        self.time.start("init", partial(self._boot, process.name), self._some(90 * SECOND))

    def _clock(self, skew: timedelta) -> Callable[[], datetime]:
        return lambda: self.time.now + self.machine + skew

    def _seconds(self) -> float:
        return (self.time.now - START).total_seconds()

    def _worker(self, who: str, process: Process, skew: timedelta) -> None:
        """A worker's thread: the product's, but for how it waits."""
        clock = SteadyClock(self._clock(skew), self._seconds)
        work = Work(
            database=self.database, outside=Outside(erp=self.erp), clock=clock.now, seconds=self._seconds,
            steady_since=clock.steady_since, jitter=lambda: self.chance.randrange(1_000), holder=who,
            report=self._unexpected,
        )  # fmt: skip
        idle = IDLE_MIN
        while self.stores_open or self._is_busy():
            self.holding.pop(who, None)
            claims = claimed(work, lambda _: self.chance.randint(1, 3)) if is_due(work) else []
            for claim in claims:
                self.holding.pop(who, None)
                if claim.order is not None:
                    self.holding[who] = (claim.order.order.id, claim.order.step.state.fence)
                self._stall()
                carried_out(work, claim)
            self.holding.pop(who, None)
            idle = IDLE_MIN if claims else min(2 * idle, IDLE_CALM_MAX if self.is_calm else IDLE_MAX)
            self.time.pause(self._some(idle))

    def _unexpected(self, what: str, error: Exception) -> None:
        self.tell(what, repr(error))
        self.time.fail(error)

    def _stall(self) -> None:
        """Now and then a process stands still for minutes, and then goes on as if nothing had been."""
        if not self.is_calm and self.chance.random() < self.plan.stalls * 10:
            self.time.pause(self._some(STALL_MAX))

    def _is_busy(self) -> bool:
        if self.time.now > START + self.plan.storm + CALM_MAX:
            return False
        if any(row.handover == "parked" for row in rows(self.database).values()):
            return True
        return bool(self.checks.waiting())

    def _order(self, number: str) -> None:
        """A store places an order, and says so until it is answered; now and then it says so again."""
        order = Order(
            number=number, ordered_at=START, currency="EUR", customer=self.chance.choice(["rossi", "bianchi"]),
            lines=(OrderLine(item=self._item(), quantity=Decimal(self.chance.randint(1, 20))),),
        )  # fmt: skip
        self._post(order)
        self._tell_what_became(number)
        if self.chance.random() < self.plan.repeats:
            self.time.pause(self.chance.choice([MINUTE, REPEAT_AFTER]))
            if Bug.KEY_FORGOTTEN in self.bugs:
                self.database.write(lambda tx: tx.execute("DELETE FROM order_key"))
            self._post(order)
        while self.plan.restore is not None and not self.checks.was_restored:
            self.time.pause(self._some(5 * MINUTE))
        if number in self.checks.lost:
            self._post(order)
        self.stores_open -= 1

    def _item(self) -> str:
        return UNKNOWN_ITEM if self.chance.random() < self.plan.unknown_items else "hammer"

    def _post(self, order: Order) -> None:
        self._through_a_door(f"door-{order.number}", partial(self._door, order))

    def _through_a_door(self, who: str, ask: Callable[[], str]) -> None:
        """Ask until it is answered, whoever dies over it."""
        answers: list[str] = []
        while not answers:
            if self.processes:
                process = self.chance.choice(self.processes)
                self.time.start(who, lambda: answers.append(ask()), process=process)
            self.time.pause(ANSWER_WITHIN)

    def _door(self, order: Order) -> str:
        """What the door does with an order that is handed in; an answer that is given reaches the store."""
        taken = priced(snapshot(self.database), order, STORE, None, now=self._now(), chance=self, hands_over=True)
        if Bug.ANSWER_BEFORE_COMMIT in self.bugs:
            self._answered(order.number, taken.id)
        try:
            written, _ = handed_in(self.database, taken, rendered, keys_of(order, STORE, None))
            outcome = written.result()
        except (sqlite.Error, DifferentContent) as error:
            raise Broken("a store is answered", f"{order.number}: {error!r}") from error
        assert outcome is not None
        return self._answered(order.number, outcome.id)

    def _answered(self, number: str, order_id: str) -> str:
        self.tell(f"door-{number}", f"answers 201 for {order_id}")
        self.checks.answered[number] = order_id
        self.checks.lost.discard(number)
        return order_id

    def token_hex(self, nbytes: int) -> str:
        """Ids that count."""
        self.ids += 1
        return f"{self.ids:0{2 * nbytes}x}"

    def _now(self) -> datetime:
        return self.time.now + self.machine

    def _tell_what_became(self, number: str) -> None:
        """The store tells of a payment, and now and then of a cancellation, in an order of chance."""
        kinds = [PAID] if self.chance.random() < self.plan.payments else []
        kinds += [CANCELLED] if self.chance.random() < self.plan.cancels else []
        events = [
            OrderEvent(kind=kind, key=f"{number}-{kind}", sequence=place, amount=Decimal(5) if kind == PAID else None)
            for place, kind in enumerate(kinds, 1)
        ]
        self.chance.shuffle(events)
        for event in events:
            self.time.pause(self._some(2 * MINUTE))
            self._through_a_door(f"event-{number}", partial(self._event, number, event))

    def _event(self, number: str, event: OrderEvent) -> str:
        """What the door does with an event; an order that a restore lost has none until it is sent again."""
        try:
            told(self.database, self.checks.answered[number], event, Who("shop", self._now(), erp=True), rendered)
        except NotFound:
            if not self.checks.was_restored:
                raise
        self.tell(f"event-{number}", f"{event.kind} is taken")
        return event.kind

    def _people(self) -> None:
        """Now and then somebody looks at what is parked, and does what it says there."""
        while self.stores_open or self._is_busy():
            for row in rows(self.database).values():
                if row.handover == "parked":
                    with suppress(Conflict, NotFound):
                        self._settle(row)
            self.time.pause(10 * MINUTE + self._some(30 * MINUTE))

    def _settle(self, row: Row) -> None:
        who = Person("anna", self._now(), "Looked at.")
        there = self.erp.held(f"shop/{row.number}")
        if there:
            marked_placed(self.database, row.id, f"F{there[0].number}", who)
        elif row.reason == "unknown_item" and self.chance.random() < 0.5:
            dropped(self.database, row.id, who)
        else:
            assert self.erp.items is not None
            self.erp.items.add(UNKNOWN_ITEM)
            retried(self.database, row.id, who)

    def _outage(self, lasts: timedelta) -> None:
        self.tell("weather", f"the ERP is down for {lasts}")
        self.erp.weather.down_until = self.time.now + lasts

    def _jump(self, by: timedelta) -> None:
        self.tell("clock", f"set by {by}")
        self.machine += by

    def _calm(self) -> None:
        self.erp.weather.troubles.clear()

    def _back_up(self) -> None:
        assert self.plan.restore is not None
        copy = self.database.backup()
        known = set(rows(self.database))
        self.tell("people", "take a copy")
        if self.chance.random() < 0.5:
            self.time.pause(self.plan.restore[1] - self.plan.restore[0])
        else:  # At the worst moment: what the copy does not know is on its way.
            while not self.is_calm and not any(
                row.handover == "in_doubt" for number, row in rows(self.database).items() if number not in known
            ):
                self.time.pause(self._some(2 * SECOND))
        self._restore(copy)

    def _restore(self, copy: Connection) -> None:
        """Everything is stopped, and an older copy put in the place of the database; then the ERP is asked first."""
        self.tell("people", "put the copy back")
        stopped = [process.name for process in self.processes]
        for process in self.processes:
            process.alive = False
        self.processes.clear()
        self.database.put_back(copy, lambda tx: copies.begin_time_line(tx, {}, {}, self._now()))
        self.checks.restored()
        for name in stopped:
            self.time.start("init", partial(self._boot, name), self._some(self.chance.choice([5, 90]) * SECOND))
        self.time.pause(self._some(self.chance.choice([SECOND, 10 * MINUTE])))
        if Bug.RESTORED_WITHOUT_LOOKING in self.bugs:
            self.database.write(partial(tasks.pause_target, name=ERP_TARGET, reason=None))
            return
        while True:
            with suppress(Unavailable):
                outcome = reconciled(self.database, self.erp, self._now)
                self.tell("people", "have held both sides against each other")
                if outcome.resumed:
                    return
            self.time.pause(self._some(5 * MINUTE))


def main() -> None:
    """Run SEEDS seeds from FIRST on, or the one SEED with its trace; tell the first that fails."""
    one = os.environ.get("SEED")
    if one:
        simulation = Simulation(int(one))
        try:
            simulation.run()
        finally:
            print(f"{simulation.plan}\n" + "\n".join(simulation.trace))
        return
    first, count = int(os.environ.get("FIRST") or 0), int(os.environ.get("SEEDS") or 500)
    for seed in range(first, first + count):
        try:
            Simulation(seed).run()
        except BaseException as error:
            sys.exit(f"Seed {seed} fails: {error!r}\nRun it alone, with its trace: SEED={seed} make crash")
        if (seed + 1 - first) % 1_000 == 0:
            print(f"{seed + 1 - first} of {count} seeds hold.", flush=True)
    print(f"{count} seeds hold, from {first} on.")


if __name__ == "__main__":
    main()
