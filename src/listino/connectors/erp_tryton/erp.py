"""Tryton as one of the management systems: its verbs, and what is true of it."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from listino.connectors.erp_tryton.news import Reader
from listino.connectors.erp_tryton.rpc import Rpc
from listino.connectors.erp_tryton.settings import Settings, settings_from
from listino.ports import Duplicates, Http, News, Traits


def connect(settings: Mapping[str, Any], http: Http, folder: Path) -> "Tryton":  # noqa: ARG001
    """The Tryton that settings name.

    Errors:  Malformed.
    """
    return Tryton(settings_from(settings), http)


class Tryton:
    """A company in Tryton: implements `ports.Erp`."""

    def __init__(self, settings: Settings, http: Http) -> None:
        self._settings = settings
        self._rpc = Rpc(http, settings.account)
        self._reader = Reader(self._rpc, settings)

    @property
    def traits(self) -> Traits:
        """What is declared of Tryton: it takes the same key twice, and can be searched by it."""
        return Traits(
            name="Tryton",
            duplicates=Duplicates.CHECKED,
            deadline=self._settings.account.deadline,
            calls_per_minute=self._settings.calls_per_minute,
            zone=self._settings.zone,
            rounding="half_even",
            tax_rounding="document",
        )

    def news(self, since: str | None) -> Iterator[News]:
        """What changed since a cursor; everything without one, or where lists, taxes or units changed."""
        return self._reader.news(since)
