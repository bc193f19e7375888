"""What stores ask of records by SOAP: stock, items and customers page by page, and whether anybody is there."""

from collections.abc import Callable
from datetime import datetime

from listino import __version__
from listino.core.errors import Refused, malformed
from listino.core.explain import text_in
from listino.db.engine import Database
from listino.flows import changed, stock
from listino.flows.access import ApiKey
from listino.flows.changed import Changed
from listino.flows.circles import one, unknown
from listino.flows.facts import exists
from listino.flows.price import Snapshot, snapshot
from listino.web.answers import instant_text
from listino.web.auth import require
from listino.web.faults import problem_of
from listino.web.reading import checked_code
from listino.web.soap.asks import CustomersQuestion, ItemsQuestion, PingQuestion, StockQuestion
from listino.web.soap.faults import problem_told
from listino.web.soap.record_answers import (
    CustomersTold,
    CustomerTold,
    ItemsTold,
    ItemTold,
    NameTold,
    Pong,
    StocksTold,
    StockTold,
    WarehouseTold,
)

PAGE_MAX = 1_000
PAGE_DEFAULT = 100


class RecordDoor:
    """Reads records and stock."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def ping(self, ask: PingQuestion) -> Pong:
        """That we are there, and which revision stands."""
        return Pong(ask.echo, __version__, self._database.read().revision, instant_text(self._clock()))

    def stock(self, ask: StockQuestion, key: ApiKey) -> StocksTold:
        """How much there is of each item; an unknown one is its entry's error.

        Errors:  Malformed; NotFound for an unknown customer.
        """
        require(key, "facts:read")
        if not ask.items:
            raise malformed("items", "count", "There are 1 to 1000 items, not 0.", "Send the codes of items.")
        customer = ask.customer
        if customer is not None and not exists(self._database, "customers", checked_code(customer, "customer")):
            raise unknown("customers", "customer", customer)
        book = snapshot(self._database)
        return StocksTold(book.revision, [self._held(book, item, place) for place, item in enumerate(ask.items)])

    def _held(self, book: Snapshot, item: str, place: int) -> StockTold:
        field = f"items[{place}]"
        try:
            said = stock.held(self._database, checked_code(item, field))
        except Refused as error:
            return StockTold(item, None, None, None, None, problem_told(problem_of(error), at=field))
        warehouses = [
            WarehouseTold(
                each["warehouse"], each["on_hand"], each["reserved"], each["available"], each.get("available_on")
            )
            for each in said["warehouses"]
        ]
        found = one(book, [], "items", item)
        unit = None if found is None else found.unit
        return StockTold(item, unit, said["available"], said.get("available_on"), warehouses, None)

    def items(self, ask: ItemsQuestion, key: ApiKey, language: str | None) -> ItemsTold:
        """A page of items.

        Errors:  Malformed; Gone.
        """
        page = self._page("items", ask, key)
        found = [_item(one, ask.language or language) for one in page.records]
        return ItemsTold(page.revision, found, page.following, page.epoch)

    def customers(self, ask: CustomersQuestion, key: ApiKey) -> CustomersTold:
        """A page of customers.

        Errors:  Malformed; Gone.
        """
        page = self._page("customers", ask, key)
        return CustomersTold(page.revision, [_customer(one) for one in page.records], page.following, page.epoch)

    def _page(self, kind: str, ask: CustomersQuestion, key: ApiKey) -> changed.Page:
        require(key, "facts:read")
        limit = PAGE_DEFAULT if ask.limit is None else ask.limit
        if not 1 <= limit <= PAGE_MAX:
            raise malformed("limit", "out_of_range", f"limit is 1 to {PAGE_MAX}, not {limit}.", "Send a smaller limit.")
        return changed.page(self._database, kind, ask.changed_since, ask.after, limit)


def _item(found: Changed, language: str | None) -> ItemTold:
    said = found.said
    if said is None:
        return ItemTold(found.code, True, found.revision)
    name = said.get("name")
    return ItemTold(
        found.code, False, found.revision, text_in(name, language), said.get("unit"), said.get("status"),
        said.get("item_groups"), said.get("brand"), said.get("gtin"), said.get("variant_of"), said.get("tax_class"),
        said.get("weight"), [NameTold(*pair) for pair in sorted(name.items())] if isinstance(name, dict) else None,
    )  # fmt: skip


def _customer(found: Changed) -> CustomerTold:
    said = found.said
    if said is None:
        return CustomerTold(found.code, True, found.revision)
    groups = [group if isinstance(group, str) else group["group"] for group in said.get("customer_groups", ())]
    return CustomerTold(
        found.code, False, found.revision, said.get("name"), said.get("status"), said.get("account"), groups,
        said.get("currency"), said.get("country"), said.get("region"), said.get("postcode"), said.get("tax_status"),
        said.get("assortment"), said.get("language"), said.get("company"),
    )  # fmt: skip
