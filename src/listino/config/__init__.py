"""An installation's settings, from the environment, and the application that they make."""

import atexit
import ctypes
import multiprocessing
import os
import secrets
import signal
import sys
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from listino.config.erp import ErpSettings as ErpSettings
from listino.config.erp import check_price_mode as check_price_mode
from listino.config.erp import connected_erp as connected_erp
from listino.config.erp import erp_settings as erp_settings
from listino.config.erp import live_prices as live_prices
from listino.config.outside import webhook_targets
from listino.core.errors import malformed
from listino.core.findings import Checks, checks_from
from listino.core.quotes import Secret
from listino.web.settings import PUBLIC_MAX_AGE_S, QUOTE_MINUTES, WebSettings

if TYPE_CHECKING:
    from listino.db.engine import Bounds

# prctl(2): the signal that a process gets when its parent ends.
PR_SET_PDEATHSIG = 1
DATABASE_VARIABLE = "LISTINO_DATABASE"
QUOTE_MINUTES_MAX = 7 * 24 * 60
SECRET_LENGTH_MIN = 32
DIGITS_MAX = 5


def default_database() -> str:
    """The URL of the database: from the environment, or a file in the user's data folder."""
    stated = os.environ.get(DATABASE_VARIABLE)
    if stated:
        return stated
    data = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return f"sqlite:///{data / 'listino' / 'listino.db'}"


def now() -> datetime:
    """The clock of the doors."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class SystemChance:
    """Chance from the operating system."""

    def token_hex(self, nbytes: int) -> str:
        """Random bytes as hexadecimal text."""
        return secrets.token_hex(nbytes)


def web_settings() -> WebSettings:
    """The settings of the doors: LISTINO_BASE_PATH, LISTINO_TRUSTED_PROXIES, LISTINO_PUBLIC_URL, LISTINO_QUOTE_...,
    LISTINO_TOKEN_SECRETS, LISTINO_PUBLIC_MAX_AGE_S; and whether orders are handed over, of LISTINO_ERP.

    Errors:  Malformed.
    """
    proxies = os.environ.get("LISTINO_TRUSTED_PROXIES", "")
    return WebSettings(
        base_path="/" + path if (path := os.environ.get("LISTINO_BASE_PATH", "").strip("/")) else "",
        trusted_proxies=tuple(part.strip() for part in proxies.split(",") if part.strip()),
        public_url=os.environ.get("LISTINO_PUBLIC_URL") or None,
        metrics_folder=os.environ.get("LISTINO_METRICS_FOLDER") or None,
        quote_minutes=_whole("LISTINO_QUOTE_MINUTES", "minutes", QUOTE_MINUTES, 1, QUOTE_MINUTES_MAX),
        quote_secrets=_secrets("LISTINO_QUOTE_SECRETS", "quotes"),
        token_secrets=_secrets("LISTINO_TOKEN_SECRETS", "tokens"),
        public_max_age_s=_whole("LISTINO_PUBLIC_MAX_AGE_S", "seconds", PUBLIC_MAX_AGE_S, 0, 3_600),
        checks=check_settings(),
        webhook_targets=webhook_targets(),
        hands_over=stated.orders if (stated := erp_settings()) is not None else False,
    )


def _whole(variable: str, what: str, usual: int, least: int, most: int) -> int:  # a row of a table
    """A number of the environment, or what is usual.

    Errors:  Malformed.
    """
    text = os.environ.get(variable, "").strip()
    if not text:
        return usual
    if not (text.isascii() and text.isdigit() and len(text) <= DIGITS_MAX and least <= int(text) <= most):
        remedy = f"Set a number from {least} to {most}, or leave it out."
        raise malformed(variable, "out_of_range", f"{text!r} is not a number of {what}.", remedy)
    return int(text)


def bounds() -> "Bounds":
    """How old an answer may be over a PostgreSQL server: LISTINO_MAX_STALENESS_MS, LISTINO_SERVE_STALE_S.

    Errors:  Malformed.
    """
    from listino.db.engine import Bounds  # noqa: PLC0415

    usual = Bounds()
    staleness_ms = _whole("LISTINO_MAX_STALENESS_MS", "milliseconds", int(usual.max_staleness_s * 1000), 100, 60_000)
    serve_stale_s = _whole("LISTINO_SERVE_STALE_S", "seconds", int(usual.serve_stale_s), 0, 24 * 3600)
    return Bounds(staleness_ms / 1000, serve_stale_s)


def _secrets(variable: str, what: str) -> tuple[Secret, ...]:
    """What signs quotes or tokens where several machines share a database: as NAME:SECRET,NAME:SECRET.

    Errors:  Malformed.
    """
    found: list[Secret] = []
    for part in os.environ.get(variable, "").split(","):
        name, _, secret = part.strip().partition(":")
        if not name and not secret:
            continue
        if not (name.isascii() and name.isalnum() and len(secret) >= SECRET_LENGTH_MIN):
            text = f"A secret of {what} is a name of letters and digits, a colon, and the secret itself."
            remedy = f"Set NAME:SECRET, the newest first, each secret {SECRET_LENGTH_MIN} characters or longer."
            raise malformed(variable, "form", text, remedy)
        found.append(Secret(name, secret.encode()))
    return tuple(found)


def check_settings() -> Checks:
    """The settings of the checks at save: LISTINO_CHECKS, LISTINO_PRICE_CHANGE_PERCENT.

    Errors:  Malformed.
    """
    return checks_from(os.environ.get("LISTINO_CHECKS", ""), os.environ.get("LISTINO_PRICE_CHANGE_PERCENT", ""))


def application() -> Any:
    """The application of one worker, over the database that the environment names."""
    # Commands ask for the clock or the database's name alone, and are not to load all doors for it.
    from listino.db.engine import Database  # noqa: PLC0415
    from listino.db.migrate import check_version  # noqa: PLC0415
    from listino.web.app import build  # noqa: PLC0415

    _end_with_the_server()
    log_in_lines()
    url = default_database()
    check_version(url)
    database = Database(url, watched=True, bounds=bounds())
    live, sampled = live_prices(database, now)
    app = build(database, replace(web_settings(), sampled=sampled), now, SystemChance(), live)
    atexit.register(_leave)
    return app


def report(what: str, error: Exception) -> None:
    """Tell the log what the worker did not expect."""
    import structlog  # noqa: PLC0415

    structlog.get_logger("listino.worker").error(what, exc_info=error)


def log_in_lines() -> None:
    """The log as JSON lines on stderr, with plain tracebacks.

    The library's own console shows every frame's variables: bodies, names of people, keys.
    """
    import structlog  # noqa: PLC0415

    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


def _leave() -> None:
    """End a worker that has finished its requests and closed its database, without taking Python apart.

    Threads of the server may still wait for the interpreter then; met by its end they abort the process.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def _end_with_the_server() -> None:
    """A worker whose server process was killed is killed too: nobody is left to hold the port."""
    parent = multiprocessing.parent_process()
    if sys.platform == "linux" and parent is not None:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent.pid:
            os._exit(1)  # It ended before it could be asked for.
