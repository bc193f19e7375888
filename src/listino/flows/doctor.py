"""Somebody asks whether the set-up is well, and what to do where it is not."""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pysqlite3.dbapi2 as sqlite

from listino.core.errors import Refused, Unavailable
from listino.core.keys import FIELD_OF, SEPARATOR
from listino.core.validity import zone_named
from listino.db.copies import faults_in
from listino.db.engine import SQLITE_VERSION_MIN, connected_to, is_server, path_of
from listino.db.health import KEY_RULES_WARNED, State, log_size, state_of
from listino.db.ledger import astray
from listino.db.migrate import HEAD, version_of
from listino.db.snapshot import stamp
from listino.db.stock import unbalanced
from listino.flows.doctor_server import on_server
from listino.flows.findings import ERROR as ERROR
from listino.flows.findings import OK as OK
from listino.flows.findings import WARN as WARN
from listino.flows.findings import Finding as Finding
from listino.flows.mirror_doctor import followed
from listino.flows.orders_doctor import orders_examined
from listino.flows.webhooks_doctor import told

# Without these nothing else can be looked at.
BASIC = ("Database", "Schema")
LOG_BYTES_WARNED = 64 << 20
FREE_BYTES_MIN = 200 << 20
# A rewrite or a backup beside the database needs room for all of it once more.
FREE_SHARE_WARNED = 1.2
CLOCK_AHEAD_MAX = timedelta(minutes=5)
# The clock of no machine that runs this program stands before its making.
CLOCK_BEGIN = "2026-01-01"
ASTRAY_SHOWN_MAX = 5
ZONES_TRIED = ("UTC", "Europe/Rome", "America/New_York", "Pacific/Auckland")


def examined(url: str, now: datetime) -> Iterator[Finding]:
    """Look at everything that a working installation needs, the most basic first.

    Errors:  Malformed for a URL that names no database.
    """
    server = is_server(url)
    yield _clock(now)
    yield _zones()
    yield _folder(path_of(url))
    usable = True
    for finding in on_server(url) if server else _of_file(url, path_of(url)):
        usable = usable and not (finding.level == ERROR and finding.subject in BASIC)
        yield finding
    if not usable:
        return
    with closing(connected_to(url, writing=False)) as connection:
        yield from _inside(state_of(connection), now)
        yield _ledger(astray(connection))
        yield _stock(unbalanced(connection))
        yield from followed(connection, now)
        yield from orders_examined(connection, now)
        yield from told(connection)


def _of_file(url: str, path: Path) -> Iterator[Finding]:
    yield _sqlite()
    schema = _schema(url, path)
    yield schema
    if schema.level == OK:
        yield _soundness(path)
        yield _log(path)
        yield _room(path)


def _sqlite() -> Finding:
    wanted = ".".join(map(str, SQLITE_VERSION_MIN))
    if sqlite.sqlite_version_info >= SQLITE_VERSION_MIN:
        return Finding(OK, "SQLite", sqlite.sqlite_version)
    text = f"{sqlite.sqlite_version} can corrupt its file; {wanted} or later is needed"
    return Finding(ERROR, "SQLite", text, "Install the locked parts again: make install.")


def _clock(now: datetime) -> Finding:
    if stamp(now) < CLOCK_BEGIN:
        return Finding(ERROR, "Clock", f"it says {stamp(now)}", "Set the machine's clock; let NTP keep it.")
    return Finding(OK, "Clock", stamp(now)[:19] + "Z")


def _zones() -> Finding:
    missing = [name for name in ZONES_TRIED if zone_named(name) is None]
    if missing:
        return Finding(ERROR, "Time zones", f"{', '.join(missing)} not found", "Install the tzdata package.")
    return Finding(OK, "Time zones", "the data is there")


def _folder(path: Path) -> Finding:
    folder = path.parent
    if not folder.exists():
        return Finding(ERROR, "Folder", f"{folder} does not exist", "Make it, or run `listino migrate`, which does.")
    trial = folder / f".{path.name}-trial-{os.getpid()}"
    try:
        trial.write_bytes(b"")
        trial.unlink()
    except OSError as error:
        return Finding(ERROR, "Folder", f"{folder} cannot be written: {error.strerror}", "Give this user the folder.")
    return Finding(OK, "Folder", f"{folder} can be written")


def _schema(url: str, path: Path) -> Finding:
    if not path.exists():
        return Finding(ERROR, "Database", f"there is none at {path}", "Run `listino migrate`, or name another.")
    try:
        found = version_of(url)
    except (sqlite.Error, Refused, Unavailable) as error:
        return Finding(ERROR, "Database", f"{path} cannot be read: {error}", "Restore a backup: listino restore FILE.")
    if found is None:
        return Finding(ERROR, "Database", f"{path} is empty or not ours", "Run `listino migrate`, or name another.")
    if found != HEAD:
        return Finding(ERROR, "Schema", f"{found}, not {HEAD}", "Run `listino migrate` with this version.")
    return Finding(OK, "Schema", f"{found} in {path}")


def _soundness(path: Path) -> Finding:
    faults = faults_in(path)
    if faults:
        return Finding(
            ERROR, "Soundness", "; ".join(faults), "Stop the server; restore a backup: listino restore FILE."
        )
    return Finding(OK, "Soundness", "SQLite's quick check finds nothing wrong")


def _log(path: Path) -> Finding:
    size = log_size(path)
    if size > LOG_BYTES_WARNED:
        remedy = "A reader holds it: look for a long backup or another program that has the file open."
        return Finding(WARN, "Write-ahead log", f"{_mib(size)}, more than it should grow to", remedy)
    return Finding(OK, "Write-ahead log", _mib(size))


def _room(path: Path) -> Finding:
    free, size = shutil.disk_usage(path.parent).free, path.stat().st_size
    text = f"{_mib(free)} free, the database has {_mib(size)}"
    if free < FREE_BYTES_MIN:
        return Finding(ERROR, "Disk", text, "Make room: orders are refused when the disk is full.")
    if free < size * FREE_SHARE_WARNED:
        return Finding(WARN, "Disk", text, "Make room: a backup or a rewrite beside it would not fit.")
    return Finding(OK, "Disk", text)


def _mib(size: int) -> str:
    return f"{size / (1 << 20):,.1f} MiB"


def _inside(state: State, now: datetime) -> Iterator[Finding]:
    yield _newest(state, now)
    if zone_named(state.zone) is None:
        yield Finding(ERROR, "Company", f"its zone {state.zone} is not known", "Install the tzdata package.")
    began = f", history from {state.history_from}" if state.history_from else ""
    yield Finding(OK, "Book", f"revision {state.revision}{began}")
    yield from _imports(state, now)
    yield _keys(state)
    yield from _crowded(state)
    if state.held:
        text = f"{state.held} wait for a person"
        yield Finding(WARN, "Orders on hold", text, "See them: listino order, or GET /v1/orders?life=on_hold.")
    else:
        yield Finding(OK, "Orders on hold", "none")
    yield _events(state)


def _events(state: State) -> Finding:
    waiting, by_hand = state.events.get("waiting", 0), state.events.get("by_hand", 0)
    if not waiting and not by_hand:
        return Finding(OK, "Events of stores", "all are done")
    text = f"{by_hand} wait for a person, {waiting} for an event before them"
    remedy = "See them: GET /v1/orders?events=by_hand, or ?events=waiting, and listino order ID."
    return Finding(WARN, "Events of stores", text, remedy)


def _ledger(subjects: Sequence[str]) -> Finding:
    if not subjects:
        return Finding(OK, "Caps and contracts", "what is used up is what orders took")
    named = ", ".join(subject.replace(SEPARATOR, " ") for subject in subjects[:ASTRAY_SHOWN_MAX])
    text = f"{len(subjects)} do not hold what orders took: {named}"
    return Finding(ERROR, "Caps and contracts", text, "Only orders may change them: restore a backup, or tell us.")


def _stock(shelves: Sequence[str]) -> Finding:
    if not shelves:
        return Finding(OK, "Stock", "what is reserved is what orders have")
    named = ", ".join(shelf.replace(SEPARATOR, " in ") for shelf in shelves[:ASTRAY_SHOWN_MAX])
    text = f"{len(shelves)} items have something else reserved than their orders have: {named}"
    return Finding(ERROR, "Stock", text, "Only orders may reserve: restore a backup, or tell us.")


def _newest(state: State, now: datetime) -> Finding:
    if state.newest is not None and state.newest > stamp(now + CLOCK_AHEAD_MAX):
        text = f"it says {stamp(now)}, but something was written at {state.newest}"
        return Finding(ERROR, "Clock and database", text, "Set the machine's clock; let NTP keep it.")
    return Finding(OK, "Clock and database", "nothing was written in the future")


def _imports(state: State, now: datetime) -> Iterator[Finding]:
    for change_set, actor, at, lease_until in state.staged:
        text = f"number {change_set} by {actor} of {at[:19]}Z"
        if lease_until is not None and lease_until >= stamp(now):
            yield Finding(OK, "Import under way", text)
        else:
            remedy = "It died; the next `listino serve` or `listino import` takes its rows back."
            yield Finding(WARN, "Import not finished", text, remedy)
    if not state.staged:
        yield Finding(OK, "Imports", "none is open")


def _keys(state: State) -> Finding:
    if not state.scopes:
        return Finding(WARN, "API keys", "none is open", "Make one: listino keys create --name NAME --scopes all.")
    return Finding(OK, "API keys", ", ".join(f"{count} with {scope}" for scope, count in sorted(state.scopes.items())))


def _crowded(state: State) -> Iterator[Finding]:
    for key, rules in state.crowded:
        scope = ", ".join(f"{FIELD_OF[part[0]]} {part[1:]}" for part in key.split(SEPARATOR)) if key else "no scope"
        remedy = "Use scales, or a group instead of single rules: every question about it reads them all."
        yield Finding(WARN, "Crowded key", f"{rules} rules for {scope}", remedy)
    if not state.crowded:
        yield Finding(OK, "Keys of rules", f"none holds more than {KEY_RULES_WARNED}")
