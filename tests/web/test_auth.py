"""A key opens the doors until it is revoked, and then to nobody, whichever thread looked it up when."""

from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from listino.flows.access import created, key_for, revoked
from tests.asgi import Client
from tests.shop import NOW, CountedChance, opened


def test_a_key_that_was_looked_up_while_it_was_revoked_is_not_remembered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(tmp_path) as house:
        chance = CountedChance(500)
        key, secret = created(house.database, "old", ["all"], channel=None, test=False, now=NOW, chance=chance)
        statuses = []

        def ask_with_another() -> None:
            client = Client(house.client.app, {"Authorization": f"Bearer {house.key}"})
            statuses.append(client.request("GET", "/v1/prices/saw").status)
            client.close()

        def slow(*said: Any) -> Any:
            """The key as it was; before its thread goes on, it is revoked and another thread sees that."""
            monkeypatch.setattr("listino.web.auth.key_for", key_for)
            found = key_for(*said)
            revoked(house.database, key.id, NOW)
            other = Thread(target=ask_with_another)
            other.start()
            other.join()
            return found

        monkeypatch.setattr("listino.web.auth.key_for", slow)
        for _ in range(3):
            answer = house.client.request("GET", "/v1/prices/hammer", headers={"Authorization": f"Bearer {secret}"})
            statuses.append(answer.status)
        # The other thread's; the one that was under way; and none from then on.
        assert statuses == [200, 200, 401, 401]
