"""What Tryton tells, kept in a book."""

from listino.connectors.erp_tryton.erp import Tryton
from listino.flows.facts import Stated, save
from tests.shop import NOW, House


def mirrored(house: House, erp: Tryton, since: str | None = None) -> str | None:
    """Keep what is new; the cursor for the next time."""
    pages = list(erp.news(since))
    facts = {(one.kind, one.code): one.said for page in pages for one in page.records if one.kind != "stock"}
    stated = [Stated(kind, code, dict(said)) for (kind, code), said in facts.items() if said is not None]
    save(house.database, stated, "tryton", "test", NOW)
    return pages[-1].cursor
