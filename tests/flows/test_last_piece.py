"""Two processes take orders for the last piece, side by side: one has it, whichever comes first, and none is lost."""

import threading
from pathlib import Path
from typing import Any

import msgspec

from listino.config import SystemChance
from listino.db.engine import Database
from listino.db.stock import unbalanced
from listino.flows.intake import Caller, found, handed_in, keys_of, priced
from listino.flows.price import snapshot
from listino.web.rest.order_answers import rendered
from listino.web.rest.order_reading import order_of
from tests.shop import NOW, an_order, opened

CALLER = Caller("shop", None, test=False)
THREADS, EACH, PIECES = 4, 5, 7


def test_threads_over_two_connections_never_promise_a_piece_twice(tmp_path: Path) -> None:
    with opened(tmp_path) as house:
        house.client.request("PUT", "/v1/stock/saw", json={"on_hand": str(PIECES)})
        other = Database(house.database.url)
        try:
            ids: list[str] = []
            begin = threading.Barrier(THREADS)
            databases = [house.database, other] * (THREADS // 2)
            threads = [
                threading.Thread(target=hand_in, args=(database, place, begin, ids))
                for place, database in enumerate(databases)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        finally:
            other.close()
        kept = [found(house.database, one) for one in ids]
        assert len(ids) == THREADS * EACH
        assert sorted(one.life for one in kept if one is not None) == (
            ["on_hold"] * (THREADS * EACH - PIECES) + ["received"] * PIECES
        )  # fmt: skip
        [shelf] = house.get("/v1/stock/saw").json()["warehouses"]
        assert (shelf["reserved"], shelf["available"]) == (str(PIECES), "0")
        assert unbalanced(house.database.read().connection) == []


def hand_in(database: Database, place: int, begin: threading.Barrier, ids: list[str]) -> None:
    """Hand in some orders for one piece each, as fast as they go."""
    begin.wait()
    for number in range(EACH):
        said: dict[str, Any] = {"customer": "bianchi", "lines": [{"item": "saw", "quantity": "1"}]}
        order = order_of(msgspec.json.encode(an_order(number=f"{place}-{number}", **said)))
        taken = priced(snapshot(database), order, CALLER, None, now=NOW, chance=SystemChance())
        written, _ = handed_in(database, taken, rendered, keys_of(order, CALLER, None))
        outcome = written.result()
        assert outcome is not None
        ids.append(outcome.id)
