"""What Tryton tells, kept in a book as the worker keeps it."""

from listino.connectors.erp_tryton.erp import Tryton
from listino.flows.mirror import Mirrored
from listino.flows.mirror import mirrored as kept
from tests.shop import House


def mirrored(house: House, erp: Tryton, *, full: bool = False) -> Mirrored:
    """One run of the mirror."""
    return kept(house.database, erp, "tryton", house.clock, full=full)
