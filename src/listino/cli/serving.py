"""`listino serve`: the doors, opened by Granian with as many workers as one says."""

import os
import sys
from collections.abc import Callable
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from listino.cli import screen
from listino.cli.options import DatabaseUrl, database_url
from listino.cli.working import working

# Connections that wait for a worker, and those that a worker holds, streams and idle ones among them. Whoever finds no
# room waits unheard, so there is room for many, and it is for the admission to turn requests away.
BACKLOG = 4096
BACKPRESSURE = 4096
# Each connection is a file to the system; so are the connections to the database.
FILES_WANTED = 16_384
KILL_TIMEOUT_S = 20
# A worker's memory counts the part of the database that it has mapped (up to 4 GiB): the bound lies above it.
WORKER_MEMORY_MIB_MAX = 6144
TIDY_EVERY_S = 60.0
HISTORY_EVERY_S = 24 * 3600.0
READY_POLL_S = 0.05
READY_WAIT_S = 60.0
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "[%(levelname)s] %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain", "stream": "ext://sys.stderr"}},
    "loggers": {"_granian": {"handlers": ["stderr"], "level": "WARNING", "propagate": False}},
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where to listen."""

    host: str
    port: int

    @property
    def address(self) -> str:
        """The address to ask at from this machine."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"


def serve(
    *,
    host: Annotated[str, typer.Option("--host", help="The address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="The port to listen at.")] = 8080,
    workers: Annotated[int, typer.Option("--workers", min=1, max=256, help="How many processes answer.")] = 1,
    base_path: Annotated[
        str | None, typer.Option("--base-path", help="What a reverse proxy puts before our paths, as /prices.")
    ] = None,
    trusted_proxies: Annotated[
        str | None,
        typer.Option("--trusted-proxies", help="Addresses or networks whose X-Forwarded headers are believed."),
    ] = None,
    public_url: Annotated[
        str | None, typer.Option("--public-url", help="The address to print instead of the request's own.")
    ] = None,
    workers_kill_timeout: Annotated[
        int, typer.Option("--workers-kill-timeout", min=1, help="Seconds that a stop waits for open requests.")
    ] = KILL_TIMEOUT_S,
    workers_max_rss: Annotated[
        int, typer.Option("--workers-max-rss", min=256, help="MiB of memory beyond which a worker is replaced.")
    ] = WORKER_MEMORY_MIB_MAX,
    worker: Annotated[
        bool, typer.Option("--worker/--no-worker", help="Hand orders over in this process; else run `listino worker`.")
    ] = True,
    database: DatabaseUrl = None,
) -> None:
    """Answer over HTTP until SIGTERM or Ctrl-C; requests under way are finished."""
    url, place = database_url(database), Place(host, port)
    docs = "/" + f"{base_path or ''}/docs".lstrip("/")
    settings = {
        "LISTINO_BASE_PATH": base_path,
        "LISTINO_TRUSTED_PROXIES": trusted_proxies,
        "LISTINO_PUBLIC_URL": public_url,
    }
    run(
        url, place, workers, {name: value for name, value in settings.items() if value is not None},
        lambda: screen.say(f"Listino answers at {place.address} (docs at {docs}). Ctrl-C stops it."),
        workers_kill_timeout=workers_kill_timeout, workers_max_rss=workers_max_rss, works=worker,
    )  # fmt: skip


def run(
    url: str,
    place: Place,
    workers: int,
    settings: dict[str, str],
    on_ready: Callable[[], None],
    works: bool = True,
    **bounds: int,
) -> None:
    """Serve a database until a signal comes; `on_ready` is called once the server answers.

    Shapes:  works: what is due is done in this process too.

    Errors:  Malformed, Unavailable for a database, setting or port that cannot be used.
    """
    from shutil import rmtree
    from tempfile import mkdtemp
    from threading import Thread

    os.environ.update({**settings, "LISTINO_DATABASE": url})
    raise_file_limit()
    _prepare(url)
    history_days = _history_days()
    check_port(place)
    folder = os.environ["LISTINO_METRICS_FOLDER"] = mkdtemp(prefix="listino-metrics-")
    Thread(target=_tell_when_ready, args=(place, on_ready), daemon=True).start()
    Thread(target=_tidy, args=(url, history_days), daemon=True).start()
    try:
        with working(url) if works else nullcontext():
            _granian(place, workers, **bounds).serve()
    finally:
        rmtree(folder, ignore_errors=True)


def raise_file_limit() -> None:
    """Let this process and its workers have as many files open as they need, where the system lets them."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES_WANTED if hard == resource.RLIM_INFINITY else min(FILES_WANTED, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _granian(
    place: Place,
    workers: int,
    workers_kill_timeout: int = KILL_TIMEOUT_S,
    workers_max_rss: int = WORKER_MEMORY_MIB_MAX,
) -> Any:
    import multiprocessing

    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    from listino.config import application

    # A forked worker would share threads and locks with this process; a spawned one begins afresh.
    multiprocessing.set_start_method("spawn", force=True)
    return Granian(
        f"{application.__module__}:{application.__name__}",
        address=place.host,
        port=place.port,
        interface=Interfaces.ASGI,
        factory=True,
        workers=workers,
        websockets=False,
        backlog=BACKLOG,
        backpressure=BACKPRESSURE,
        respawn_failed_workers=True,
        workers_kill_timeout=workers_kill_timeout,
        workers_max_rss=workers_max_rss,
        log_level=LogLevels.warning,
        log_dictconfig=LOGGING,
    )


def _prepare(url: str) -> None:
    """A database that is not there yet is made; one of another schema is refused."""
    from listino.config import bounds, check_price_mode, web_settings
    from listino.db.engine import path_of, shown
    from listino.db.migrate import check_version, version_of
    from listino.flows.upkeep import DEFAULT_CURRENCY, DEFAULT_ZONE, migrated
    from listino.web.proxy import Proxies

    Proxies(web_settings())
    bounds()
    check_price_mode()
    path = path_of(url)
    if (not path.exists() or path.stat().st_size == 0) and version_of(url) is None:
        migrated(url, currency=DEFAULT_CURRENCY, zone=DEFAULT_ZONE, country=None)
        screen.remark(
            f"A new database is at {shown(url)}: base currency {DEFAULT_CURRENCY}, zone {DEFAULT_ZONE} "
            "(for others: listino migrate --currency --zone, before the first serve)."
        )
    check_version(url)


def check_port(place: Place) -> None:
    """Find out at once that a port is taken: workers share theirs and would not notice.

    Errors:  Unavailable.
    """
    import socket

    from listino.core.errors import Unavailable

    family = socket.AF_INET6 if ":" in place.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((place.host, place.port))
            trial.listen(1)
        except OSError as error:
            text = f"port: Cannot listen at {place.host}:{place.port}: {error.strerror or error}."
            raise Unavailable(f"{text} Choose another with --port, or stop what uses it.", code="port") from None


def _tell_when_ready(place: Place, on_ready: Callable[[], None]) -> None:
    """Ask the server until it answers, then say so once."""
    from time import monotonic, sleep
    from urllib.request import ProxyHandler, build_opener

    opener = build_opener(ProxyHandler({}))
    end = monotonic() + READY_WAIT_S
    while monotonic() < end:
        with suppress(OSError), opener.open(f"{place.address}/readyz", timeout=2) as answer:
            if answer.status == 200:
                on_ready()
                sys.stdout.flush()
                return
        sleep(READY_POLL_S)


def _history_days() -> int | None:
    """How long ended versions of facts are kept: LISTINO_HISTORY_DAYS; without it for ever.

    Errors:  Malformed.
    """
    from listino.core.errors import malformed

    text = os.environ.get("LISTINO_HISTORY_DAYS", "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and 1 <= len(text) <= 5 and int(text)):
        remedy = "Set a number of days, 1 or more, or leave it out."
        raise malformed("LISTINO_HISTORY_DAYS", "out_of_range", f"{text!r} is not a number of days.", remedy)
    return int(text)


def _tidy(url: str, history_days: int | None) -> None:
    """Beside the workers: finish imports that died, every minute; delete history that is too old, once a day."""
    from time import monotonic, sleep

    from listino.config import now
    from listino.db.engine import Database
    from listino.flows.upkeep import tidied

    database, history_due = Database(url), monotonic()
    while True:
        days = None
        if monotonic() >= history_due:
            days, history_due = history_days, history_due + HISTORY_EVERY_S
        try:
            tidied(database, days, now())
        except Exception as error:
            screen.remark(f"Tidying the database did not end: {screen.complaint(error)} It is tried again later.")
        sleep(TIDY_EVERY_S)
