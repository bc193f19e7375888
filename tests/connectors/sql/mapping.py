"""The mapping of the old system, as docs/guides/erp-sql.md shows it."""

import re
import tomllib
from pathlib import Path
from typing import Any

from listino.connectors.erp_sql import connect
from listino.connectors.erp_sql.connector import SqlErp
from listino.connectors.http import HttpClient, Policy
from tests.connectors.sql.old_erp import OldErp

HTTP = HttpClient(Policy(company_network=True))
GUIDE = Path(__file__).parents[3] / "docs" / "guides" / "erp-sql.md"


def told_by_the_guide() -> dict[str, Any]:
    """The settings that the guide shows, all its TOML blocks together."""
    blocks = re.findall(r"```toml\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    return tomllib.loads("\n".join(blocks))


def settings_for(erp: OldErp, **more: Any) -> dict[str, Any]:
    """The guide's settings, for one of our databases."""
    told = told_by_the_guide()
    orders = dict(told["order"])
    if erp.kind == "mysql":
        orders["insert"] = orders["insert"].replace(" RETURNING NUMORD", "")
    on_connect = ["PRAGMA foreign_keys = ON"] if erp.kind == "sqlite" else []
    told["connection"] = {"url": erp.engine.url.render_as_string(hide_password=False), "on_connect": on_connect}
    prices = told["ask"] | {"query": erp.price_query()}
    return told | {"order": orders, "ask": prices} | more


def connected(erp: OldErp, folder: Path, **more: Any) -> SqlErp:
    """The connector on one of our databases."""
    told = settings_for(erp, **more)
    told.pop("connector")
    told.pop("orders")
    return connect(told, HTTP, folder)


def text_for(erp: OldErp, every_s: int = 1) -> str:
    """The guide's settings file as it stands, but for where the database is and how often it is asked."""
    blocks = re.findall(r"```toml\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    text = "\n".join(blocks)
    for line, ours in (
        (r"url = .*", f'url = "{erp.engine.url.render_as_string(hide_password=False)}"'),
        (r"password = .*\n", ""),
        (r"on_connect = .*", 'on_connect = ["PRAGMA foreign_keys = ON"]' if erp.kind == "sqlite" else ""),
        (r"^every_s = .*", f"every_s = {every_s}"),
        (r"query = \"SELECT galileo_price.*", f'query = """{erp.price_query()}"""'),
    ):
        text, replaced = re.subn(line, ours.replace("\\", r"\\"), text, count=1, flags=re.MULTILINE)
        assert replaced, line
    return text
