"""`<listino-price>` over time: prices change, visitors sign in, tabs are hidden, the service goes and comes back."""

import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.store import FALLBACK, Store, complaints, elements, settled, shown, store, visiting
from tests.server import serving

AWAY = ("error: Failed to load resource", "error: Access to resource")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with store(Path(tmp_path_factory.mktemp("store"))) as opened:
        yield opened


def live(page: Page) -> None:
    """Wait until the stream has told all that it watches."""
    page.wait_for_function("() => [...document.querySelectorAll('listino-price')].some((one) => one.answer?.line)")


def wait(until: Callable[[], bool], page: Page) -> None:
    """Wait until something is so, while the browser goes on."""
    deadline_s = time.monotonic() + 15
    while not until():
        assert time.monotonic() < deadline_s, "it did not happen"
        page.wait_for_timeout(20)


def base(shop: Store, value: str) -> None:
    """What the screw costs: from now on."""
    shop.put("rules", "screw", action="price", list="base", item="screw", value=value, per="100")


def test_a_price_edited_over_rest_appears_without_reload(chromium: Browser, shop: Store) -> None:
    body = elements("screw", "cable") + elements("cable", quantity="100", breaks="open")
    with visiting(chromium, shop) as (page, seen):
        page.goto(shop.page("/live", body, token_url="/listino-token"))
        settled(page)
        live(page)
        began_s = time.monotonic()
        base(shop, "5")
        expect(page.locator("listino-price .prices").first).to_have_text("€6.10 per 100 pieces incl. VAT")
        print(f"a changed price is in the page after {time.monotonic() - began_s:.3f} s")
        expect(page.get_by_role("status").first).to_have_text("Screw: New price: €6.10 per 100 pieces incl. VAT")
        tiers = [{"from": "1", "value": "1.6"}, {"from": "100", "value": "1.5"}, {"from": "700", "value": "1"}]
        shop.put("rules", "cable", action="price", list="base", item="cable", unit="MTR", scale={"tiers": tiers})
        expect(page.locator("listino-price .prices").nth(1)).to_have_text("€1.95 per m incl. VAT")
        expect(page.locator("listino-price .prices").nth(2)).to_have_text("€1.83 per m incl. VAT")
        expect(page.locator("listino-price tbody").nth(1)).to_contain_text("from 700 m")
        assert complaints(page, seen) == []
        base(shop, "4.50")


def test_stock_is_told_as_it_changes(chromium: Browser, shop: Store) -> None:
    with visiting(chromium, shop) as (page, seen):
        page.goto(shop.page("/stock", elements("saw", quantity="3"), token_url="/listino-token"))
        settled(page)
        live(page)
        for on_hand, text in (("3", "In stock"), ("2", "2 pieces in stock"), ("0", "Not in stock")):
            answer = shop.server.ask("PUT", "/v1/stock/saw", {"on_hand": on_hand, "warehouse": "main"})
            assert answer.status in {200, 201}, answer.body
            expect(page.locator("listino-price .stock")).to_have_text(text)
        assert complaints(page, seen) == []


def test_who_signs_in_sees_their_own_prices_and_who_signs_out_no_more(chromium: Browser, shop: Store) -> None:
    guest, own = "€16.00 per piece excl. VAT", "€14.00 per piece excl. VAT"
    shop.put("rules", "saw-rossi", action="price", customer="rossi", item="saw", value="14", final=True)
    with visiting(chromium, shop) as (page, seen):
        page.goto(shop.page("/sign-in", elements("saw", shows="net"), token_url="/listino-token"))
        prices = page.locator("listino-price .prices")
        expect(prices).to_have_text(guest)
        page.context.add_cookies([{"name": "customer", "value": "rossi", "url": shop.site.address}])
        # At once nobody's price stands there, whatever is asked and answered then.
        page.evaluate("Listino.refresh()")
        expect(prices).to_have_text(own)
        live(page)
        page.context.clear_cookies()
        assert page.evaluate("(Listino.refresh(), document.querySelector('listino-price').answer)") is None
        expect(prices).to_have_text(guest)
        page.evaluate("(token) => Listino.token(token)", shop.token("rossi"))
        expect(prices).to_have_text(own)
        page.evaluate("Listino.token(null)")
        assert shown(page) == [FALLBACK]
        page.evaluate("(token) => Listino.token(async () => ({ token }))", shop.token()["token"])
        expect(prices).to_have_text(guest)
        assert complaints(page, seen) == []


def test_without_a_token_the_page_reads_as_it_was_written_and_nothing_is_asked(chromium: Browser, shop: Store) -> None:
    with visiting(chromium, shop) as (page, seen):
        page.goto(shop.page("/nobody", elements("saw")))
        settled(page)
        assert shown(page) == [FALLBACK]
        assert [one for one in seen.asked if "/v1/" in one] == []
        assert complaints(page, seen) == []


def test_a_token_that_holds_no_more_is_changed_for_another(chromium: Browser, shop: Store) -> None:
    with visiting(chromium, shop) as (page, seen):
        before = shop.site.minted
        page.goto(shop.page("/ended", elements("screw"), token="x.y.z", token_url="/listino-token"))
        expect(page.locator("listino-price .prices")).to_have_text("€5.49 per 100 pieces incl. VAT")
        assert shop.site.minted == before + 1
        assert [one for one in complaints(page, seen) if not one.startswith(AWAY)] == []


def test_a_token_that_ends_soon_is_changed_in_time_and_the_stream_goes_on(chromium: Browser, shop: Store) -> None:
    with visiting(chromium, shop) as (page, seen):
        page.clock.install()
        page.context.add_cookies([{"name": "customer", "value": "rossi", "url": shop.site.address}])
        before = shop.site.minted
        page.goto(shop.page("/renewed", elements("screw"), token_url="/listino-token"))
        page.clock.run_for(1_000)
        live(page)
        page.clock.run_for(15 * 60_000 - 15_000)
        wait(lambda: shop.site.minted == before + 2, page)
        page.clock.run_for(2_000)
        wait(lambda: len([one for one in seen.asked if one.endswith("/v1/me/stream")]) == 2, page)
        assert len([one for one in seen.asked if one.endswith("/v1/me/prices")]) == 1
        assert shown(page) == ["€5.49 per 100 pieces incl. VAT"]
        assert complaints(page, seen) == []


def test_a_hidden_page_lets_go_and_has_the_newest_prices_when_it_is_looked_at(chromium: Browser, shop: Store) -> None:
    with visiting(chromium, shop) as (page, seen):
        over: list[str] = []
        page.on("requestfailed", lambda request: over.append(request.url.partition("?")[0]))
        page.clock.install()
        page.goto(shop.page("/hidden", elements("screw"), token_url="/listino-token"))
        page.clock.run_for(1_000)
        live(page)
        look(page, "hidden")
        page.clock.run_for(59_000)
        assert over == []
        page.clock.run_for(2_000)
        wait(lambda: over == [f"{shop.host}/v1/me/stream"], page)
        base(shop, "6")
        assert shown(page) == ["€5.49 per 100 pieces incl. VAT"]
        look(page, "visible")
        page.clock.run_for(1_000)
        expect(page.locator("listino-price .prices")).to_have_text("€7.32 per 100 pieces incl. VAT")
        base(shop, "4.50")
        page.clock.run_for(1_000)
        expect(page.locator("listino-price .prices")).to_have_text("€5.49 per 100 pieces incl. VAT")
        assert complaints(page, seen) == []


def look(page: Page, state: str) -> None:
    """Have the page believe that it is hidden, or looked at."""
    page.evaluate(
        """(state) => {
          Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
          document.dispatchEvent(new Event("visibilitychange"));
        }""",
        state,
    )


def test_what_the_budget_of_items_forbids_reads_as_it_was_written(chromium: Browser, shop: Store) -> None:
    token = shop.token("rossi", items_per_hour=1)["token"]
    with visiting(chromium, shop) as (page, seen):
        page.goto(shop.page("/budget", elements("S-001", "S-002", "S-003"), token=token))
        settled(page)
        assert shown(page) == [FALLBACK] * 3
        page.wait_for_timeout(300)
        assert len([one for one in seen.asked if one.endswith("/v1/me/prices")]) == 1
        assert [one for one in complaints(page, seen) if not one.startswith(AWAY)] == []


def test_without_the_service_the_page_still_reads_well_and_all_comes_back_by_itself(
    chromium: Browser, shop: Store
) -> None:
    with visiting(chromium, shop) as (page, seen):
        page.goto(shop.page("/away", elements("screw", "saw"), token_url="/listino-token"))
        settled(page)
        live(page)
        before = shown(page)
        shop.server.process.send_signal(signal.SIGTERM)
        shop.server.process.wait(30)
        expect(page.locator("listino-price:state(stale)")).to_have_count(2)
        page.evaluate("document.querySelector('listino-price').setAttribute('quantity', '200')")
        page.wait_for_timeout(2_500)
        # What was not known before cannot be asked; what was known stands.
        assert shown(page) == [FALLBACK, before[1]]
        with serving(shop.url, shop.key, port=shop.server.port) as again:
            shop.server = again
            expect(page.locator("listino-price .amount").first).to_be_visible(timeout=20_000)
            assert shown(page) == before
            live(page)
            base(shop, "5")
            expect(page.locator("listino-price .prices").first).to_have_text("€6.10 per 100 pieces incl. VAT")
            assert page.locator("listino-price:state(stale)").count() == 0
            assert [one for one in complaints(page, seen) if not one.startswith(AWAY)] == []
