"""The doors of streams: one for keys, one for browsers, over the same hub."""

from collections.abc import Callable
from datetime import datetime

from listino.db.engine import Database
from listino.flows.live import LivePrices
from listino.web.auth import Guard
from listino.web.browser_doors import BrowserDoors
from listino.web.live import Hub
from listino.web.on_purpose import Waits
from listino.web.rest.live import LiveDoor
from listino.web.rest.me_live import MeLiveDoor
from listino.web.roads import Roads


class LiveDoors:
    """Everything that goes on telling."""

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime],
        live: LivePrices | None,
        *,
        roads: Roads,
        guard: Guard,
        browsers: BrowserDoors,
        waits: Waits,
    ) -> None:
        self.hub = Hub(database, roads, clock, live)
        self.keys = LiveDoor(database, self.hub, guard, clock, roads=roads, waits=waits)
        self.browsers = MeLiveDoor(
            database, self.hub, browsers.signed, budget=browsers.budget, clock=clock, roads=roads, waits=waits
        )  # fmt: skip
