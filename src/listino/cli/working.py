"""`listino worker`: what is due is done, alone or inside `listino serve`."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING

from listino.cli import screen
from listino.cli.options import DatabaseUrl, database_url

# A stop waits for calls that are under way, which end by their own deadline; what still is then is looked for later.
STOP_WAIT_S = 60.0

if TYPE_CHECKING:
    from listino.config import ErpSettings
    from listino.db.engine import Database
    from listino.flows.outside import Outside


def worker(*, database: DatabaseUrl = None) -> None:
    """Hand orders over and do what else is due, until SIGTERM or Ctrl-C; what is under way is finished.

    Any number may run beside each other and beside `listino serve`.
    """
    from listino.db.migrate import check_version

    url = database_url(database)
    check_version(url)
    outside = outside_of()
    stop = Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    screen.say(f"The worker is at it, for {_erp_name(outside)}. Ctrl-C stops it.")
    work_until(url, outside, stop)


def outside_of() -> "Outside":
    """The systems that this installation is connected with.

    Errors:  Malformed for settings that cannot be.
    """
    from listino.config import connected_erp, erp_settings
    from listino.config.outside import alert_mail, alert_patience, webhook_http
    from listino.flows.mirror_plan import AS_USUAL, plan_of
    from listino.flows.outside import STATES_EVERY, Outside

    stated = erp_settings()
    return Outside(
        erp=connected_erp(stated) if stated is not None else None,
        hands_over=stated is None or stated.orders,
        states_every=stated.every("states", 30) if stated is not None else STATES_EVERY,
        http=webhook_http(),
        mail=alert_mail(),
        patience=alert_patience(),
        mirror=plan_of(stated.connector, stated.settings.get("mirror", {})) if stated is not None else AS_USUAL,
    )


def is_test(database: "Database", stated: "ErpSettings") -> bool:
    """Whether nothing real hangs on the management system: its file says so, or the book is the demo's."""
    from listino.cli.seeding import is_demo

    return stated.test or is_demo(database)


def _erp_name(outside: "Outside") -> str:
    return outside.erp.traits.name if outside.erp is not None else "an installation without a management system"


@contextmanager
def working(url: str) -> Iterator[None]:
    """Work in a thread of this process meanwhile; what is under way at the end is finished.

    Errors:  Malformed for settings that cannot be.
    """
    stop = Event()
    thread = Thread(target=work_until, args=(url, outside_of(), stop), daemon=True, name="listino-worker")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(STOP_WAIT_S)


def work_until(url: str, outside: "Outside", stop: Event) -> None:
    """Do what is due until told to stop."""
    import platform
    import secrets
    from dataclasses import replace
    from time import monotonic

    from listino.config import erp_settings, log_in_lines, now, report
    from listino.db.engine import Database
    from listino.flows.outside import Work
    from listino.flows.troubled import troubled
    from listino.worker import SteadyClock, Worker

    log_in_lines()
    clock = SteadyClock(now, monotonic)
    database = Database(url)
    stated = erp_settings()
    if outside.erp is not None and stated is not None and is_test(database, stated):
        outside = replace(outside, erp=troubled(outside.erp, database, clock.now))
    work = Work(
        database=database, outside=outside, clock=clock.now, seconds=monotonic, steady_since=clock.steady_since,
        jitter=lambda: secrets.randbelow(1_000), holder=f"{platform.node()}:{os.getpid()}", report=report,
        stopping=stop.is_set,
    )  # fmt: skip
    try:
        Worker(work).run(stop)
    finally:
        database.close()
