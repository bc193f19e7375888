"""An installation's settings, from the environment, and the application that they make."""

import atexit
import ctypes
import multiprocessing
import os
import secrets
import signal
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from listino.core.errors import malformed
from listino.core.findings import Checks, checks_from
from listino.core.quotes import Secret
from listino.outside_settings import webhook_targets
from listino.ports import Erp
from listino.web.settings import QUOTE_MINUTES, WebSettings

if TYPE_CHECKING:
    from listino.db.engine import Bounds

# prctl(2): the signal that a process gets when its parent ends.
PR_SET_PDEATHSIG = 1
DATABASE_VARIABLE = "LISTINO_DATABASE"
ERP_VARIABLE = "LISTINO_ERP"
QUOTE_MINUTES_MAX = 7 * 24 * 60
QUOTE_SECRET_LENGTH_MIN = 32
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
    """The settings of the doors: LISTINO_BASE_PATH, LISTINO_TRUSTED_PROXIES, LISTINO_PUBLIC_URL, LISTINO_QUOTE_...;
    and whether orders are handed over, of LISTINO_ERP.

    Errors:  Malformed.
    """
    proxies = os.environ.get("LISTINO_TRUSTED_PROXIES", "")
    return WebSettings(
        base_path="/" + path if (path := os.environ.get("LISTINO_BASE_PATH", "").strip("/")) else "",
        trusted_proxies=tuple(part.strip() for part in proxies.split(",") if part.strip()),
        public_url=os.environ.get("LISTINO_PUBLIC_URL") or None,
        metrics_folder=os.environ.get("LISTINO_METRICS_FOLDER") or None,
        quote_minutes=_whole("LISTINO_QUOTE_MINUTES", "minutes", QUOTE_MINUTES, 1, QUOTE_MINUTES_MAX),
        quote_secrets=_quote_secrets(),
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


def _quote_secrets() -> tuple[Secret, ...]:
    """What signs quotes where several machines share a database: LISTINO_QUOTE_SECRETS, as NAME:SECRET,NAME:SECRET."""
    found: list[Secret] = []
    for part in os.environ.get("LISTINO_QUOTE_SECRETS", "").split(","):
        name, _, secret = part.strip().partition(":")
        if not name and not secret:
            continue
        if not (name.isascii() and name.isalnum() and len(secret) >= QUOTE_SECRET_LENGTH_MIN):
            text = "A secret of quotes is a name of letters and digits, a colon, and the secret itself."
            remedy = f"Set NAME:SECRET, the newest first, each secret {QUOTE_SECRET_LENGTH_MIN} characters or longer."
            raise malformed("LISTINO_QUOTE_SECRETS", "form", text, remedy)
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
    live, sampled = _live_prices(database)
    app = build(database, replace(web_settings(), sampled=sampled), now, SystemChance(), live)
    atexit.register(_leave)
    return app


def check_price_mode() -> None:
    """Refuse at the start what the management system's settings say of prices and cannot be.

    Errors:  Malformed.
    """
    from listino.flows.live_settings import price_mode  # noqa: PLC0415

    stated = erp_settings()
    if stated is not None:
        price_mode(stated.settings, 1)


def _live_prices(database: Any) -> tuple[Any, bool]:
    """Who asks the management system for prices (None: nobody), and whether answers are sampled to be compared."""
    stated = erp_settings()
    if stated is None:
        return None, False
    from listino.flows.live import LivePrices  # noqa: PLC0415
    from listino.flows.live_settings import price_mode  # noqa: PLC0415
    from listino.ports import AsksPrices  # noqa: PLC0415

    erp = connected_erp(stated)
    mode = price_mode(stated.settings, erp.traits.calls_per_minute)
    if not isinstance(erp, AsksPrices):
        if mode.live is not None:
            text = f"The connector {stated.connector!r} cannot be asked for prices."
            raise malformed("prices.mode", "settings", text, 'Write mode = "mirror".')
        return None, False
    return None if mode.live is None else LivePrices(erp, database, now, mode.live), mode.compared


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


@dataclass(frozen=True, slots=True)
class ErpSettings:
    """The management system that this installation is connected with, as its file says.

    Shapes:  connector: a name ("tryton": listino.connectors.erp_tryton) or a module of your own; orders: whether
             orders are handed over; connection: as the connector documents it, values from the environment put in;
             folder: where the file lies.
    """

    connector: str
    orders: bool
    settings: Mapping[str, Any]
    folder: Path


def erp_settings() -> ErpSettings | None:
    """The management system that LISTINO_ERP names by a TOML file; None: the book is the management system.

    Errors:  Malformed, naming file and key.
    """
    stated = os.environ.get(ERP_VARIABLE, "").strip()
    if not stated:
        return None
    path = Path(stated).expanduser().absolute()
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        text = f"{path} cannot be read: {error.strerror or error}."
        raise malformed(
            ERP_VARIABLE, "no_file", text, "Name the file with your management system's settings."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise malformed(
            ERP_VARIABLE, "form", f"{path} is not TOML: {error}.", "Correct the line that is named."
        ) from None
    said = _from_environment(said, path, "")
    connector, orders = said.pop("connector", None), said.pop("orders", True)
    if not isinstance(connector, str) or not connector.replace(".", "").replace("_", "").isalnum():
        remedy = 'Write connector = "tryton", "sql", "files", or a module of your own.'
        raise malformed("connector", "missing", f"{path} names no connector.", remedy)
    if not isinstance(orders, bool):
        text = f"{path}: orders is neither true nor false."
        raise malformed("orders", "type", text, "Write orders = true to hand orders over, false to mirror facts alone.")
    return ErpSettings(connector, orders, said, path.parent)


def _from_environment(said: Mapping[str, Any], path: Path, within: str) -> dict[str, Any]:
    """Settings with every "env:NAME" replaced by what the environment says, so that no file holds a secret."""
    found: dict[str, Any] = {}
    for name, value in said.items():
        if isinstance(value, dict):
            value = _from_environment(value, path, f"{within}{name}.")
        elif isinstance(value, str) and value.startswith("env:"):
            variable = value.removeprefix("env:")
            if variable not in os.environ:
                text = f"{path}: {within}{name} is to come from {variable}, which is not set."
                raise malformed(f"{within}{name}", "not_set", text, f"Set {variable} in the environment.")
            value = os.environ[variable]
        found[name] = value
    return found


def connected_erp(stated: ErpSettings) -> Erp:
    """The management system, through its connector.

    Errors:  Malformed where there is no such connector, or it cannot work with its settings.
    """
    from listino.connectors.http import HttpClient, Policy  # noqa: PLC0415

    name = stated.connector if "." in stated.connector else f"listino.connectors.erp_{stated.connector}"
    try:
        module = import_module(name)
    except ModuleNotFoundError as error:
        missing = "" if error.name == name else f" ({error.name} is not installed)"
        text = f"There is no connector {stated.connector!r}{missing}."
        remedy = 'Write "tryton", "sql", "files", or a module of your own with its package.'
        raise malformed("connector", "unknown", text, remedy) from None
    tls = stated.settings.get("connection", {})
    http = HttpClient(Policy(company_network=True, ca_file=tls.get("ca_file")))
    erp: Erp = module.connect(stated.settings, http, stated.folder)
    return erp
