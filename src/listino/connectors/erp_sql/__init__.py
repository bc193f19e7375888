"""A management system that has only a database: a mapping file names the statements, and what their columns mean."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from listino.connectors.erp_sql.connector import SqlErp
from listino.connectors.erp_sql.settings import settings_of
from listino.ports import Http


def connect(settings: Mapping[str, Any], http: Http, folder: Path) -> SqlErp:  # noqa: ARG001 - its driver connects
    """The connector that a settings file describes; a mapping in a file of its own stands beside it.

    Errors:  Malformed, which names the key.
    """
    return SqlErp(settings_of(settings, folder))
