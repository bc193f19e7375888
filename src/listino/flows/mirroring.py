"""The worker follows the management system: what changed is asked for again and again, all of it now and then."""

from datetime import datetime

from listino.core.errors import Conflict, ErpSaidNo, Unavailable
from listino.db import mirror
from listino.db.snapshot import stamp
from listino.db.tasks import Task
from listino.flows.ending import Guard
from listino.flows.mirror import mirrored
from listino.flows.outside import After, Work, rests

MIRROR = "mirror"


def run(work: Work, task: Task) -> After | datetime:
    """Bring what changed into the book, or compare all where that is due; what went wrong is noted in the mirror."""
    plan, began = work.outside.mirror, work.clock()
    connection = work.database.read().connection
    row = next((row for row in mirror.sources(connection) if row.source == plan.source), None)
    full = row is None or row.full_at is None or row.full_at <= stamp(began - plan.full_every)
    try:
        mirrored(work.database, work.erp, plan.source, work.clock, full=full, guard=Guard(plan.end_percent))
    except Unavailable as error:
        if error.code != "mirror_under_way":
            raise
        return rests(work, task, began + plan.every)
    except (Conflict, ErpSaidNo):
        pass  # Told by the mirror's state; an order of the same system is not to wait for it.
    return max(began + plan.every, work.clock())
