"""A management system that speaks in files: drops of facts in a folder, orders written out one file each."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from listino.connectors.erp_files.connector import FilesErp
from listino.connectors.erp_files.settings import settings_of
from listino.ports import Http


def connect(settings: Mapping[str, Any], http: Http, folder: Path) -> FilesErp:  # noqa: ARG001 - it needs no network
    """The connector that a settings file describes; its folders stand beside that file unless absolute.

    Errors:  Malformed, which names the key.
    """
    return FilesErp(settings_of(settings, folder))
