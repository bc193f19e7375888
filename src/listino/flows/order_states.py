"""What the management system says of the orders that it holds: their life there becomes their life here."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

import msgspec

from listino.core.life import CANCELLED, FOLLOWING, ON_HOLD, STATES, UNMOVED
from listino.db import order_life, tasks
from listino.db.engine import Connection
from listino.db.order_life import StepRow
from listino.db.snapshot import stamp
from listino.db.tasks import Task
from listino.flows.cancelling import is_being_cancelled
from listino.flows.desk import follow
from listino.flows.outside import After, Work, going_on
from listino.ports import ErpOrder

ORDER_STATES = "order_states"
ORDERS_PER_WRITE = 100


def run(work: Work, task: Task) -> After | datetime:
    """Ask which orders changed since the last time, and take in what they are now."""
    for number, page in enumerate(work.erp.order_states(task.cursor)):
        for start in range(0, len(page.orders), ORDERS_PER_WRITE):
            chunk = page.orders[start : start + ORDERS_PER_WRITE]
            work.database.write(partial(_taken_in, told=chunk, now=work.clock(), erp=work.erp.traits.name))
        if not work.database.write(partial(_came_to, work=work, task=task, cursor=page.cursor, calls=min(number, 1))):
            return After.SETTLED  # Somebody else has taken over.
    return work.clock() + work.outside.states_every


def _came_to(tx: Connection, work: Work, task: Task, cursor: str | None, calls: int) -> bool:
    """Note how far it came by how many calls more; False where somebody else has taken it over."""
    return going_on(tx, work, task, calls) and tasks.keep_cursor(tx, task, cursor)


def _taken_in(tx: Connection, told: Sequence[ErpOrder], now: datetime, erp: str) -> None:
    for one in told:
        found = order_life.standing_under(tx, one.key)
        if found is None:
            continue
        order_id, handover, life = found
        if handover == "placed":
            order_life.number_there(tx, order_id, one.number)
        if one.life not in STATES:  # Nothing that we know a step from: its number is kept, its life stays.
            continue
        order = order_life.standing(tx, order_id)
        if order is None or handover != "placed" or one.life == life:
            continue
        if life == ON_HOLD and one.life in UNMOVED and msgspec.json.decode(order.answer)["held"]:
            continue  # A change that the management system has not been told yet: it is held here, for a person.
        if life == CANCELLED and is_being_cancelled(tx, order_id):
            continue  # It has not been told yet.
        text = one.text or f"{erp} says so."
        if life in FOLLOWING and one.life not in FOLLOWING[life]:
            text = f"{text} (After {life} this was not to be expected.)"
        follow(tx, order, one.life)
        order_life.add_steps(tx, order_id, [StepRow(one.life, stamp(one.at or now), erp, text)])
