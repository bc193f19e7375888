"""The doors of one process, each made once: what answers, beside where it is found."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

from listino.db.engine import Database
from listino.flows.catalogue import Catalogue
from listino.flows.drift import Samples
from listino.flows.intake import Chance
from listino.flows.live import LivePrices
from listino.flows.quotes import Signer
from listino.web.auth import Guard
from listino.web.browser_doors import BrowserDoors
from listino.web.component import ComponentDoor
from listino.web.docs import Docs
from listino.web.limits import Limits
from listino.web.live_doors import LiveDoors
from listino.web.metrics import Metrics
from listino.web.on_purpose import Waits
from listino.web.rest.baskets import BasketDoor
from listino.web.rest.catalogue import CatalogueDoor
from listino.web.rest.changes import ChangeDoor
from listino.web.rest.desk import DeskDoor
from listino.web.rest.desk_requests import DeskRequests
from listino.web.rest.fact_requests import FactRequests
from listino.web.rest.facts import FactDoor
from listino.web.rest.health import HealthDoor
from listino.web.rest.listening import ListenDoor
from listino.web.rest.mirror import MirrorDoor
from listino.web.rest.mismatches import MismatchRequests
from listino.web.rest.order_requests import OrderRequests
from listino.web.rest.orders import OrderDoor
from listino.web.rest.parking import ParkingDoor, ParkingRequests
from listino.web.rest.price_changes import PriceChangeDoor
from listino.web.rest.price_lines import BatchDoor
from listino.web.rest.price_lists import PriceListDoor
from listino.web.rest.price_requests import PriceRequests
from listino.web.rest.prices import PriceDoor
from listino.web.rest.reconciliation import ReconciliationRequests
from listino.web.rest.requests import RequestsDoor
from listino.web.rest.unpriced import UnpricedDoor
from listino.web.rest.webhook_requests import WebhookRequests
from listino.web.rest.webhooks import WebhookDoor
from listino.web.rest.what_if import WhatIfDoor
from listino.web.roads import Roads
from listino.web.settings import WebSettings
from listino.web.soap.door import SoapDoor
from listino.web.soap.operations import Operations
from listino.web.soap.records import RecordDoor
from listino.web.streams import Streams

Road = Callable[..., Awaitable[Any]]


class Doors:
    """Everything that answers."""

    def __init__(
        self,
        database: Database,
        settings: WebSettings,
        clock: Callable[[], datetime],
        chance: Chance,
        live: LivePrices | None,
        *,
        roads: Roads,
        guard: Guard,
        metrics: Metrics,
        limits: Limits,
    ) -> None:
        in_thread = roads.in_thread
        signer = Signer(database, chance, settings.quote_secrets)
        self.docs, self.component = Docs(), ComponentDoor()
        self.health = HealthDoor(database, roads, metrics, clock)
        self.streams = Streams(in_thread)
        self.unpriced = UnpricedDoor(database, clock)
        self.requests = RequestsDoor(database, clock, in_thread, metrics.unlogged)
        self.prices = PriceDoor(database, guard, clock, self.unpriced.note, live)
        self.prices.samples = Samples(database) if settings.sampled else None
        baskets = BasketDoor(
            database, self.prices, signer, clock=clock, chance=chance,
            holds_for=timedelta(minutes=settings.quote_minutes),
        )  # fmt: skip
        batches = BatchDoor(database, self.prices, clock)
        self.waits = Waits(self.streams)
        self.questions = PriceRequests(batches, baskets, self.unpriced, roads=roads, limits=limits, waits=self.waits)
        erp = settings.hands_over
        orders = OrderDoor(database, clock, chance, roads, signer=signer, waits=self.waits, hands_over=erp)
        self.orders = OrderRequests(orders, in_thread)
        self.browsers = BrowserDoors(
            database, settings, clock, chance, live=live, roads=roads, signer=signer, orders=orders,
            metrics=metrics, note_unpriced=self.unpriced.note, waits=self.waits, limits=limits,
        )  # fmt: skip
        self.live = LiveDoors(database, clock, live, roads=roads, guard=guard, browsers=self.browsers, waits=self.waits)
        self.desk = DeskRequests(desk := DeskDoor(database, clock, erp=erp), in_thread)
        operations = Operations(
            self.prices, batches, baskets, orders=orders, desk=desk, records=RecordDoor(database, clock),
            roads=roads, limits=limits, waits=self.waits,
        )  # fmt: skip
        self.soap = SoapDoor(
            database, guard, operations, roads=roads, limits=limits, metrics=metrics, log=self.requests.log
        )
        self.webhooks = WebhookRequests(WebhookDoor(database, clock, chance, settings.webhook_targets), in_thread)
        self.listening = ListenDoor(database, clock, chance, in_thread=in_thread, streams=self.streams, guard=guard)
        self._add_records(database, settings, clock, in_thread)
        me, spent, goods = self.browsers.me, self.browsers.budget, Catalogue(database, live)
        self.catalogue = CatalogueDoor(goods, self.facts, me, budget=spent, limits=limits, clock=clock, roads=roads)

    def _add_records(
        self, database: Database, settings: WebSettings, clock: Callable[[], datetime], in_thread: Road
    ) -> None:
        """The doors of whole price lists, of orders that wait for a person, and of facts."""
        self.price_lists = PriceListDoor(database, self.prices, self.streams, clock)
        self.price_changes = PriceChangeDoor(database, self.prices, self.streams, clock)
        self.trials = WhatIfDoor(database, self.prices, self.streams, clock, in_thread)
        self.parking = ParkingRequests(ParkingDoor(database, clock), in_thread)
        self.reconciliation = ReconciliationRequests(database, in_thread)
        self.mismatches = MismatchRequests(database, in_thread)
        changes = ChangeDoor(database, clock, settings.checks, in_thread)
        self.facts = FactRequests(FactDoor(database, clock, settings.checks), changes, in_thread)
        self.mirror = MirrorDoor(database, clock, in_thread)
