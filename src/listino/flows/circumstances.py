"""Who ordered, where and when: what of an order, beside its lines, its prices may depend on."""

from datetime import UTC, datetime, time, timedelta

from listino.core.checks import country_fault
from listino.core.orders import Order
from listino.core.validity import zone_named
from listino.db.snapshot import Snapshot
from listino.flows.circles import one
from listino.flows.price import Asked, buyer_for

# A store's clock may run ahead of ours by this much before its word for the moment is not taken.
CLOCK_AHEAD_MAX = timedelta(minutes=10)


def parties_of(book: Snapshot, order: Order, channel: str | None, held: list[str]) -> tuple[str | None, str | None]:
    """The customer and channel to price with; what is not known holds the order."""
    customer = order.customer
    if customer is not None:
        found = one(book, [], "customers", customer)
        if found is None:
            held.append("unknown_customer")
            customer = None
        elif found.status != "active":
            held.append("customer_blocked")
    if channel is not None and one(book, [], "channels", channel) is None:
        held.append("unknown_channel")
        channel = None
    parties = (order.buyer, order.ship_to, order.bill_to)
    countries = [party.country for party in parties if party is not None and party.country]
    if any(country_fault("country", country) is not None for country in countries):
        held.append("bad_address")
    buyer = order.buyer
    if customer is None and buyer is not None and not (buyer.name or buyer.company or buyer.mail or buyer.code):
        held.append("unknown_buyer")
    return customer, channel


def context_of(book: Snapshot, order: Order, parties: tuple[str | None, str | None], now: datetime) -> Asked:
    """What of an order its prices may depend on, beside its lines."""
    customer, channel = parties
    at = order.ordered_at if order.ordered_at <= now + CLOCK_AHEAD_MAX else now
    ship_to = order.ship_to
    country = ship_to.country if ship_to is not None else None
    if country is not None and country_fault("country", country) is not None:
        country = None
    context = Asked(
        "", at, customer=customer, channel=channel, currency=order.currency, country=country,
        ship_to=ship_to.code if ship_to is not None else None, order_type=order.order_type,
        coupons=tuple(voucher.code for voucher in order.vouchers if voucher.code), breaks=False,
        attributes=attributes_of(order),
    )  # fmt: skip
    if order.wanted_on is not None:
        zone = zone_named(buyer_for(book, context).company.zone)
        context.delivery_at = datetime.combine(order.wanted_on, time(), zone or UTC)
    return context


def attributes_of(order: Order) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """What an order says of itself in names and values of the house's own, by name."""
    said = order.attributes or {}
    return tuple(sorted((name, (values,) if isinstance(values, str) else values) for name, values in said.items()))
