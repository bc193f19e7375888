"""What of a PostgreSQL server somebody must know who keeps a company's orders in it."""

from collections.abc import Iterator
from contextlib import closing

from listino.core.errors import Unavailable
from listino.db.engine import connected_to
from listino.db.health import ServerState, server_state
from listino.db.migrate import HEAD, version_of
from listino.flows.findings import ERROR, OK, WARN, Finding

COLUMNS_SHOWN_MAX = 5


def on_server(url: str) -> Iterator[Finding]:
    """The server, the database in it, and whether what it has taken is safe."""
    try:
        found = version_of(url)
        with closing(connected_to(url, writing=False)) as connection:
            state = server_state(connection)
    except Unavailable as error:
        yield Finding(ERROR, "Database", error.detail.rstrip("."), "Start the server, or correct the URL.")
        return
    yield Finding(OK, "PostgreSQL", state.version)
    if found != HEAD:
        there = "there is no schema yet" if found is None else f"{found}, not {HEAD}"
        yield Finding(ERROR, "Schema", there, "Run `listino migrate` with this version.")
        return
    yield Finding(OK, "Schema", found)
    yield from _safety(state)
    yield _texts(state)
    yield Finding(OK, "Size", f"{state.size / (1 << 20):,.1f} MiB; back it up with pg_dump")


def _safety(state: ServerState) -> Iterator[Finding]:
    if state.fsync != "on":
        text = "fsync is off: what was answered as taken is lost when the machine fails"
        yield Finding(ERROR, "Durability", text, "Set fsync = on in postgresql.conf and restart it.")
    else:
        yield Finding(OK, "Durability", "a commit is on disk before it is answered")
    if state.checksums != "on":
        text = "pages have no checksums: damage by a disk goes unnoticed"
        yield Finding(WARN, "Soundness", text, "Stop it and run pg_checksums --enable.")
    else:
        yield Finding(OK, "Soundness", "pages have checksums")


def _texts(state: ServerState) -> Finding:
    if state.encoding != "UTF8":
        remedy = "Dump it, make a database with ENCODING 'UTF8', and load it there."
        return Finding(ERROR, "Texts", f"the encoding is {state.encoding}, not UTF8", remedy)
    if state.by_language:
        named = ", ".join(state.by_language[:COLUMNS_SHOWN_MAX])
        remedy = 'Give these columns COLLATE "C" (ALTER TABLE ... ALTER COLUMN ... TYPE text COLLATE "C").'
        return Finding(ERROR, "Texts", f"sorted by a language, not by bytes: {named}", remedy)
    return Finding(OK, "Texts", "compared byte by byte")
