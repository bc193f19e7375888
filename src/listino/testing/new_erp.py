"""`make new-erp NAME=acme`: write the two files of a new connector, which then has only its verbs to fill in."""

import re
import sys
from pathlib import Path

NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")

CONNECTOR = '''"""@Name@: what this system says and takes, in our words. (Say where its interface is described.)"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from listino.ports import Duplicates, ErpOrder, Http, News, OrderStates, OrderToPlace, Traits


class @Name@:
    """The connector: the verbs of `ports.Erp`, in the order of ports.py. See docs/decisions/0016-hand-over.md."""

    traits = Traits(
        name="@name@",
        # BY_HAND until a test shows more: CHECKED where find_order works, PREVENTED where it refuses a second key.
        duplicates=Duplicates.BY_HAND,
    )

    def __init__(self, settings: Mapping[str, Any], http: Http) -> None:
        self._settings = settings
        self._http = http

    def news(self, since: str | None) -> Iterator[News]:
        """Everything without a cursor; with one, what changed since."""
        raise NotImplementedError("erp_@name@: news is not written yet.")

    def find_order(self, key: str) -> tuple[ErpOrder, ...]:
        """The documents that carry our key."""
        raise NotImplementedError("erp_@name@: find_order is not written yet.")

    def place_order(self, order: OrderToPlace) -> ErpOrder:
        """Write the order with all its fields, all or nothing, under order.key."""
        raise NotImplementedError("erp_@name@: place_order is not written yet.")

    def order_states(self, since: str | None) -> Iterator[OrderStates]:
        """What became of our orders there."""
        raise NotImplementedError("erp_@name@: order_states is not written yet.")


def connect(settings: Mapping[str, Any], http: Http, folder: Path) -> @Name@:
    """The connector as a settings file describes it: `connector = "@name@"`, and its tables."""
    del folder  # For files that lie beside the settings.
    return @Name@(settings, http)
'''

TEST = '''"""@Name@ keeps the contract of every connector."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from listino.connectors.erp_@name@ import connect
from listino.core.errors import Unavailable
from listino.ports import Erp, HttpAnswer, HttpRequest
from listino.testing.erp_contract import ErpContract, Rig


class DeadHttp:
    """A network on which nobody answers."""

    def send(self, request: HttpRequest, deadline: object) -> HttpAnswer:
        raise Unavailable(f"Nobody answers at {request.url}.")


class @Name@Rig:
    """A clean @Name@ with two items and a customer, as the contract needs it (see erp_contract.Rig)."""

    items = ("item-1", "item-2")
    customer = "customer-1"
    prefix = ""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        # Start the real system here, or replay what it answered; then connect to it by a real Http.
        self.erp: Erp = connect({}, DeadHttp(), folder)

    def dead(self) -> Erp:
        return connect({}, DeadHttp(), self._folder)

    def documents(self, key: str) -> Sequence[str]:
        raise NotImplementedError("test_erp_@name@: read what the system holds under a key, around the connector.")

    def change_item(self) -> str:
        raise NotImplementedError("test_erp_@name@: change an item in the system, and tell its code.")


class Test@Name@(ErpContract):
    @pytest.fixture
    def rig(self, tmp_path: Path) -> Rig:
        return @Name@Rig(tmp_path)
'''


def written(name: str, root: Path) -> tuple[Path, Path]:
    """Write the connector and its test below a checkout of Listino.

    Errors:  ValueError for a name that is none, FileExistsError when one of the files is there.
    """
    if not NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name for a connector: lower-case letters, digits and underscores.")
    files = {
        root / "src" / "listino" / "connectors" / f"erp_{name}.py": CONNECTOR,
        root / "tests" / "connectors" / f"test_erp_{name}.py": TEST,
    }
    for path in files:
        if path.exists():
            raise FileExistsError(f"{path} is there already; choose another name, or remove it first.")
    title = "".join(part.capitalize() for part in name.split("_"))
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("@name@", name).replace("@Name@", title), encoding="utf-8")
    connector, test = files
    return connector, test


if __name__ == "__main__":
    try:
        connector, test = written(sys.argv[1] if len(sys.argv) > 1 else "", Path.cwd())
    except (ValueError, FileExistsError) as error:
        sys.exit(f"new-erp: {error}\nUse: make new-erp NAME=acme")
    print(f"Written: {connector.relative_to(Path.cwd())} and {test.relative_to(Path.cwd())}.")
    print(f"Fill in the verbs until this passes: .venv/bin/python -m pytest {test.relative_to(Path.cwd())}")
