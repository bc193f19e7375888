"""The doors of browsers, and of those who mint their tokens."""

from collections.abc import Callable
from datetime import datetime, timedelta

from listino.db.engine import Database
from listino.flows.live import LivePrices
from listino.flows.price import Asked
from listino.flows.quotes import Chance, Signer
from listino.flows.tokens import Browser, Tokens
from listino.web.budget import Budget
from listino.web.limits import Limits
from listino.web.metrics import Metrics
from listino.web.on_purpose import Waits
from listino.web.rest.me import MeDoor
from listino.web.rest.me_baskets import MeBaskets
from listino.web.rest.me_orders import MyOrders
from listino.web.rest.me_requests import MeRequests
from listino.web.rest.orders import OrderDoor
from listino.web.rest.tokens import TokenDoor
from listino.web.roads import Roads
from listino.web.settings import WebSettings


class BrowserDoors:
    """Everything that answers a browser by its token."""

    def __init__(
        self,
        database: Database,
        settings: WebSettings,
        clock: Callable[[], datetime],
        chance: Chance,
        *,
        live: LivePrices | None,
        roads: Roads,
        signer: Signer,
        orders: OrderDoor,
        metrics: Metrics,
        waits: Waits,
        limits: Limits,
        note_unpriced: Callable[[Asked, Browser], None],
    ) -> None:
        self.signed = Tokens(database, chance, settings.token_secrets)
        self.tokens = TokenDoor(database, self.signed, clock, roads.in_thread)
        self.budget = Budget(metrics.folder)
        prices = MeDoor(database, clock, note_unpriced, budget=self.budget, live=live)
        baskets = MeBaskets(
            database, signer, clock=clock, chance=chance, holds_for=timedelta(minutes=settings.quote_minutes),
            budget=self.budget, live=live,
        )  # fmt: skip
        public_max_age = timedelta(seconds=settings.public_max_age_s)
        self.me = MeRequests(
            prices, baskets, roads, clock, waits=waits, limits=limits, public_max_age=public_max_age
        )  # fmt: skip
        self.orders = MyOrders(database, orders, signer, clock, roads)
