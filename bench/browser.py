"""Prices in a real browser: how soon they stand in a page, and how soon a change reaches a page that is open."""

import statistics
import time
from pathlib import Path

from playwright.sync_api import Page

from bench.rows import Row, not_run, rounded
from tests.browser import browser
from tests.browser.store import MANY, Store, elements, settled, store, visiting

FIRST = f"first price in a page of {MANY} components, from its first byte asked"
LIVE = f"a price edited over REST in an open page of {MANY} components"
FIRST_MS_MAX = 300
LIVE_S_MAX = 1.0
BARS = {FIRST: f"<= {FIRST_MS_MAX} ms", LIVE: f"< {LIVE_S_MAX:g} s"}
LOADS = 10
CHANGES = 20
# Notes when the first price stood there, and when the last one did, since the page was asked for.
NOTED = """
window.noted = [];
document.addEventListener("listino-price", (event) => {
  if (event.detail) noted.push([performance.now(), Date.now() / 1000, event.detail.net_price]);
});
"""


def rows(folder: Path) -> list[Row]:
    """Both rows, or why there is no browser."""
    path, why = browser.found()
    if path is None:
        return [not_run(name, bar, why) for name, bar in BARS.items()]
    folder.mkdir()
    with store(folder) as shop, browser.launched(path) as chromium, visiting(chromium, shop) as (page, _):
        page.add_init_script(NOTED)
        codes = [f"S-{number:03}" for number in range(MANY)]
        token = shop.token(minutes=60)["token"]
        address = shop.page("/bench", elements(*codes, shows="net"), token=token)
        firsts_ms, lasts_ms = _loads(page, address)
        changes_s = _changes(page, shop, address)
    first, last, change = statistics.median(firsts_ms), statistics.median(lasts_ms), max(changes_s)
    loaded = f"{first:.0f} ms, all {MANY} after {last:.0f} ms (median of {LOADS})"
    reached = f"{change:.2f} s at most, {statistics.median(changes_s):.2f} s median, of {CHANGES}"
    return [
        Row(FIRST, loaded, "", rounded(first), BARS[FIRST], first <= FIRST_MS_MAX),
        Row(LIVE, reached, "", rounded(change), BARS[LIVE], change < LIVE_S_MAX),
    ]


def _loads(page: Page, address: str) -> tuple[list[float], list[float]]:
    """When the first price stood in the page, and when all did, load by load."""
    firsts, lasts = [], []
    for _ in range(LOADS):
        page.goto(address)
        settled(page)
        page.wait_for_function(f"noted.length >= {MANY}")
        times = page.evaluate("noted.map((one) => one[0])")
        firsts.append(times[0])
        lasts.append(times[MANY - 1])
    return firsts, lasts


def _changes(page: Page, shop: Store, address: str) -> list[float]:
    """How long after REST has answered each change stands in the page."""
    page.goto(address)
    page.wait_for_function("() => document.querySelector('listino-price').answer?.line")
    found = []
    for number in range(CHANGES):
        value = f"{number + 1}.0001"
        shop.put("rules", "S-100", action="price", list="base", item="S-100", value=value)
        said_s = time.time()
        page.wait_for_function("(value) => noted.some((one) => one[2] === value)", arg=value)
        shown_s: float = page.evaluate("(value) => noted.find((one) => one[2] === value)[1]", value)
        found.append(max(0.0, shown_s - said_s))
    return found
