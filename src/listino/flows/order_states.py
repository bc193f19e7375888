"""What the management system says of the orders that it holds: their life there becomes their life here."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from listino.core.life import CANCELLED, FOLLOWING, SETTLED, SHIPPED
from listino.db import ledger, order_life, stock, tasks
from listino.db.engine import Connection
from listino.db.order_life import StepRow
from listino.db.snapshot import stamp
from listino.db.tasks import Task
from listino.flows.credit import CREDIT
from listino.flows.outside import After, Work
from listino.ports import ErpOrder

ORDER_STATES = "order_states"
ORDERS_PER_WRITE = 100
INVOICED = "invoiced"


def run(work: Work, task: Task) -> After | datetime:
    """Ask which orders changed since the last time, and take in what they are now."""
    for page in work.erp.order_states(task.cursor):
        for start in range(0, len(page.orders), ORDERS_PER_WRITE):
            chunk = page.orders[start : start + ORDERS_PER_WRITE]
            work.database.write(partial(_taken_in, told=chunk, now=work.clock(), erp=work.erp.traits.name))
        if not work.database.write(partial(tasks.keep_cursor, task=task, cursor=page.cursor)):
            return After.SETTLED  # Somebody else has taken over.
    return work.clock() + work.outside.states_every


def _taken_in(tx: Connection, told: Sequence[ErpOrder], now: datetime, erp: str) -> None:
    for one in told:
        found = order_life.standing_under(tx, one.key)
        if found is None or one.life is None:
            continue
        order_id, handover, life = found
        if handover != "placed" or one.life == life:
            continue
        text = one.text or f"{erp} says so."
        if life in FOLLOWING and one.life not in FOLLOWING[life]:
            text = f"{text} (After {life} this was not to be expected.)"
        order_life.enter(tx, order_id, handover, one.life)
        _free(tx, order_id, one.life)
        order_life.add_steps(tx, order_id, [StepRow(one.life, stamp(one.at or now), erp, text)])


def _free(tx: Connection, order_id: str, life: str) -> None:
    """What left, or is not wanted any more, is reserved no longer; the goods themselves are counted there."""
    if life in {SHIPPED, INVOICED, *SETTLED}:
        stock.give_back(tx, order_id)
    if life == CANCELLED:
        ledger.release(tx, order_id)
    elif life in SETTLED:
        ledger.release(tx, order_id, CREDIT)
