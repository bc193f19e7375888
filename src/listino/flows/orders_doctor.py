"""The doctor's look at orders: whether all are somewhere, on which side, and who keeps them waiting."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from listino.db import reconciliation, tasks
from listino.db.conservation import conservation
from listino.db.engine import Connection
from listino.db.price_samples import counts
from listino.db.tables_work import ERP_TARGET
from listino.flows.conservation import lost
from listino.flows.findings import ERROR, OK, WARN, Finding

# A comparison older than this was missed: it is made once a day.
RECONCILED_WITHIN = timedelta(days=2)


def orders_examined(connection: Connection, now: datetime) -> Iterator[Finding]:
    """Conservation, what waits for a person, the management system, the last comparison, price mismatches."""
    yield from _balance(connection)
    yield from _target(connection, now)
    yield from _reconciled(connection, now)
    compared, differing = counts(connection)
    if differing:
        text = f"{differing} of {compared} answers were not the management system's"
        yield Finding(WARN, "Price mismatches", text, "See them: listino mismatches.")
    elif compared:
        yield Finding(OK, "Price mismatches", f"none in {compared} comparisons")


def _balance(connection: Connection) -> Iterator[Finding]:
    found = conservation(connection)
    told = ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in found.items())
    if lost(found):
        remedy = "Keep the database as it is, and tell us; the last backup and the store know the order."
        yield Finding(ERROR, "Order reconciliation", f"{lost(found)} orders are nowhere: {told}", remedy)
    else:
        yield Finding(OK, "Order reconciliation", told)
    if found["parked"]:
        remedy = "See them: GET /v1/orders?handover=parked; retry, drop or mark each: listino order ID --help."
        yield Finding(WARN, "Orders that need attention", f"{found['parked']}", remedy)


def _target(connection: Connection, now: datetime) -> Iterator[Finding]:
    paused = tasks.paused(connection, ERP_TARGET)
    if paused is not None:
        remedy = "The worker compares both sides and goes on; by hand: listino reconcile."
        yield Finding(WARN, "Management system", f"nothing is written into it: {paused}", remedy)
    for target in tasks.targets(connection):
        if target.name == ERP_TARGET and target.down_since is not None:
            since = now - target.down_since
            text = f"it has not answered for {since // timedelta(minutes=1)} minutes: {target.text or 'no answer'}"
            yield Finding(WARN, "Management system", text, "Orders wait and go by themselves when it answers again.")


def _reconciled(connection: Connection, now: datetime) -> Iterator[Finding]:
    run = reconciliation.last(connection)
    if run is None:
        return
    waiting = [finding for finding in run.findings if not finding.repaired]
    ended_at = datetime.fromisoformat(run.ended_at)
    if waiting:
        text = f"{len(waiting)} orders were not the same on both sides on {run.ended_at[:10]}"
        yield Finding(WARN, "Both sides", text, "See them and mend them: listino reconcile.")
    elif now - ended_at > RECONCILED_WITHIN:
        yield Finding(WARN, "Both sides", f"compared last on {run.ended_at[:10]}", "Run listino reconcile.")
    else:
        text = f"{run.figures.get('orders', 0)} orders were the same on {run.ended_at[:16].replace('T', ' ')}"
        yield Finding(OK, "Both sides", text)
