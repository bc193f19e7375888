"""Events are made and the management system broken on purpose: the first anywhere, the second on a test alone."""

import time
from pathlib import Path

import pytest

from listino.core.webhooks import EVENTS
from tests.cli.test_commands import refused, said
from tests.server import listino, new_key, serving
from tests.shop import an_order, opened

WAIT_S = 60.0


def test_each_event_reaches_the_webhooks_that_want_it_marked_as_a_test(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path / 'listino.db'}"
    with opened(tmp_path) as house:
        hook = {"url": "https://shop.example.com/hook", "events": ["order.*"]}
        made = house.client.request("POST", "/v1/webhooks", json=hook).json()
        for event in EVENTS:
            told = said("trigger", event, url=url)
            assert '"test":true' in told
            assert ("1 are told." in told) == event.startswith("order."), told
        deliveries = house.get(f"/v1/webhooks/{made['id']}/deliveries").json()["data"]
        assert [one["type"] for one in deliveries[::-1]] == [event for event in EVENTS if event.startswith("order.")]
        assert '"items":["hammer","saw"]' in said("trigger", "price.changed", url=url)
        assert '"customer":"bianchi"' in said("trigger", "order.held", url=url)
    assert "order.accepted, order.held" in refused("trigger", "order.nothing", "--database", url)


@pytest.mark.parametrize("what", ["erp-down", "answer-lost", "erp-ok"])
def test_what_is_no_test_is_not_broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    with opened(tmp_path) as house:
        url = f"sqlite:///{tmp_path / 'listino.db'}"
        monkeypatch.delenv("LISTINO_ERP", raising=False)
        assert 'connector = "fake"' in refused("trigger", what, "--database", url)
        (tmp_path / "erp.toml").write_text('connector = "listino.testing.fake_erp"\n')
        monkeypatch.setenv("LISTINO_ERP", str(tmp_path / "erp.toml"))
        assert "test = true" in refused("trigger", what, "--database", url)
        assert house.database.read().connection.execute("SELECT count(*) FROM trouble").fetchone()[0] == 0


def test_a_served_test_installation_goes_down_and_comes_back(tmp_path: Path) -> None:
    with opened(tmp_path):
        pass
    url = f"sqlite:///{tmp_path / 'listino.db'}"
    settings = tmp_path / "erp.toml"
    settings.write_text('connector = "fake"\n')

    def trigger(*arguments: str) -> str:
        done = listino("trigger", *arguments, "--database", url, LISTINO_ERP=str(settings))
        assert done.returncode == 0, done.stderr
        return done.stdout

    with serving(url, new_key(url), LISTINO_ERP=str(settings)) as server:

        def until(path: str, wanted: str) -> None:
            deadline = time.monotonic() + WAIT_S
            while wanted not in server.ask("GET", path).body.decode():
                assert time.monotonic() < deadline
                time.sleep(0.1)

        assert "next 1 orders" in trigger("answer-lost")
        first = server.ask("POST", "/v1/orders", an_order()).json()["id"]
        until(f"/v1/orders/{first}", '"in_doubt"')
        until(f"/v1/orders/{first}", '"handover":"placed"')
        assert "for 5 minutes" in trigger("erp-down")
        second = server.ask("POST", "/v1/orders", an_order(number="1002")).json()["id"]
        until("/metrics", 'listino_target_down{target="erp"} 1')
        assert server.ask("GET", f"/v1/orders/{second}").json()["handover"] == "accepted"
        assert "answers again" in trigger("erp-ok")
