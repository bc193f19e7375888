"""The management system that an installation is connected with, as its settings file says."""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from listino.core.errors import malformed
from listino.ports import AsksPrices, Clock, Erp

if TYPE_CHECKING:
    from listino.db.engine import Database
    from listino.flows.live import LivePrices

ERP_VARIABLE = "LISTINO_ERP"
EVERY_S_MAX = 24 * 3600
# A management system that needs nothing, to test with.
FAKE, FAKE_MODULE = "fake", "listino.testing.fake_erp"


@dataclass(frozen=True, slots=True)
class ErpSettings:
    """The management system that this installation is connected with, as its file says.

    Shapes:  connector: a name ("tryton": listino.connectors.erp_tryton) or a module of your own; orders: whether
             orders are handed over; connection: as the connector documents it, values from the environment put in;
             folder: where the file lies; test: nothing real hangs on it, so that it may be broken on purpose.
    """

    connector: str
    orders: bool
    settings: Mapping[str, Any]
    folder: Path
    test: bool = False

    def every(self, table: str, usual_s: int) -> timedelta:
        """How often something is asked: `every_s` of a table of the file.

        Errors:  Malformed.
        """
        stated = self.settings.get(table, {}).get("every_s", usual_s)
        if isinstance(stated, bool) or not isinstance(stated, int | float) or not 1 <= stated <= EVERY_S_MAX:
            text = f"{table}.every_s is {stated!r}: it is a number of seconds from 1 to {EVERY_S_MAX}."
            raise malformed(f"{table}.every_s", "out_of_range", text, f"Write every_s = {usual_s}, or leave it out.")
        return timedelta(seconds=stated)


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
    test = said.pop("test", connector == FAKE)
    if not isinstance(test, bool):
        text = f"{path}: test is neither true nor false."
        raise malformed("test", "type", text, "Write test = true where nothing real hangs on it, else leave it out.")
    return ErpSettings(connector, orders, said, path.parent, test)


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
    name = FAKE_MODULE if stated.connector == FAKE else name
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


def check_price_mode() -> None:
    """Refuse at the start what the management system's settings say of prices and cannot be.

    Errors:  Malformed.
    """
    from listino.flows.live_settings import price_mode  # noqa: PLC0415

    stated = erp_settings()
    if stated is not None:
        price_mode(stated.settings, 1)


def live_prices(database: "Database", clock: Clock) -> "tuple[LivePrices | None, bool]":
    """Who asks the management system for prices (None: nobody), and whether answers are sampled to be compared."""
    stated = erp_settings()
    if stated is None:
        return None, False
    from listino.flows.live import LivePrices  # noqa: PLC0415
    from listino.flows.live_settings import price_mode  # noqa: PLC0415
    from listino.flows.troubled import troubled  # noqa: PLC0415

    erp = connected_erp(stated)
    if stated.test:
        erp = troubled(erp, database, clock)
    mode = price_mode(stated.settings, erp.traits.calls_per_minute)
    if not isinstance(erp, AsksPrices):
        if mode.live is not None:
            text = f"The connector {stated.connector!r} cannot be asked for prices."
            raise malformed("prices.mode", "settings", text, 'Write mode = "mirror".')
        return None, False
    return None if mode.live is None else LivePrices(erp, database, clock, mode.live), mode.compared
