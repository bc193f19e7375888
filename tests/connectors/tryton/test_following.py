"""A real server follows a real Tryton by itself: what changes there is answered here."""

import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

from listino.db.migrate import migrated
from tests.connectors.tryton.running import Tryton, running
from tests.connectors.tryton.seed_names import PASSWORD
from tests.server import Server, new_key, serving

# Only against a test that would never end.
HANG_S = 300.0


def _until(found: Callable[[], bool]) -> float:
    """Wait for something; how long it took."""
    began_s = time.monotonic()
    while not found():
        assert time.monotonic() < began_s + HANG_S
        time.sleep(0.05)
    return time.monotonic() - began_s


def _price(server: Server, item: str) -> Any:
    answer = server.ask("GET", f"/v1/prices/{item}?channel=tryton&customer=C07").json()
    return answer.get("net_price")


def _changed(tryton: Tryton, price: str) -> None:
    admin = tryton.admin()
    (row,) = admin.rows("product.product", [["code", "=", "P001"]], ["template"])
    admin.write("model.product.template.write", [row["template"]], {"list_price": Decimal(price)})


def test_a_price_that_changes_in_tryton_is_answered_here(tmp_path: Path, template: Path) -> None:
    """From an empty book on, without anything done by hand; told is how long it took."""
    url = f"sqlite:///{tmp_path / 'listino.db'}"
    migrated(url, zone="Europe/Rome", country="IT")
    with running(tmp_path / "tryton", template) as tryton:
        file = str(tryton.settings_file())
        with serving(url, new_key(url), LISTINO_ERP=file, TRYTON_PASSWORD=PASSWORD) as server:
            filled_s = _until(lambda: _price(server, "P001") == "67.0722")
            _changed(tryton, "12.3456")
            followed_s = _until(lambda: _price(server, "P001") == "12.3456")
    print(f"everything after {filled_s:.1f} s, a change after {followed_s:.1f} s, asked for every second")
