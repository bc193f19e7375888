"""A real server whose settings say that prices are asked of the management system."""

import time
from pathlib import Path
from typing import Any

import pytest

from tests.server import free_port, listino, new_key, serving
from tests.shop import opened

WAIT_S = 60.0


def settings(folder: Path, text: str) -> str:
    path = folder / "erp.toml"
    path.write_text(f'connector = "listino.testing.fake_erp"\norders = false\n{text}')
    return str(path)


@pytest.fixture
def url(tmp_path: Path) -> str:
    with opened(tmp_path):
        pass
    return f"sqlite:///{tmp_path / 'listino.db'}"


def test_a_served_price_is_the_erps_and_its_answers_are_compared(tmp_path: Path, url: str) -> None:
    path = settings(tmp_path, '[prices]\nmode = "live"\ncache_s = 0\n[item_prices]\nhammer = "7.77"\n')
    with serving(url, new_key(url), LISTINO_ERP=path) as server:
        answer = server.ask("GET", "/v1/prices/hammer?customer=rossi").json()
        assert (answer["net_price"], answer["price_source"]) == ("7.77", "erp")
        deadline = time.monotonic() + WAIT_S
        found: Any = {"compared": 0}
        while not found["compared"] and time.monotonic() < deadline:
            time.sleep(0.2)
            found = server.ask("GET", "/v1/price-mismatches").json()
        # Our own price is another than the management system's: that is what the comparison is for.
        assert (found["compared"], found["mismatches"]) == (1, 1)
        assert found["data"][0]["theirs"] == "7.77 EUR per 1"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('[prices]\nmode = "guess"\n', "prices.mode"),
        ('[prices]\nmode = "live"\ndeadline_s = 900\n', "prices.deadline_s"),
        ('[prices]\nmod = "live"\n', "prices.mod"),
    ],
)
def test_settings_that_cannot_be_are_refused_at_the_start(tmp_path: Path, url: str, text: str, named: str) -> None:
    done = listino(
        "serve", "--port", str(free_port()), "--database", url, LISTINO_ERP=settings(tmp_path, text), timeout_s=60
    )
    assert done.returncode != 0
    assert named in done.stderr
