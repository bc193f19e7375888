"""`<listino-price>` in a real browser, on a store's page of another origin under a strict policy."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from listino.web.component import SOURCE
from tests.browser.store import FALLBACK, MANY, Store, complaints, elements, settled, shown, store, visiting
from tests.house.code import ROOT

GUIDE = (ROOT / "docs" / "guides" / "price-component.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with store(Path(tmp_path_factory.mktemp("store"))) as opened:
        yield opened


def test_200_prices_are_asked_at_once_and_are_those_of_rest_to_the_digit(chromium: Browser, shop: Store) -> None:
    codes = [f"S-{number:03}" for number in range(MANY)]
    address = shop.page("/many", elements(*codes, shows="net"), token=shop.token("rossi")["token"])
    with visiting(chromium, shop) as (page, seen):
        page.goto(address)
        settled(page)
        texts = shown(page)
        answers: list[Any] = page.eval_on_selector_all("listino-price", "(all) => all.map((one) => one.answer)")
        assert complaints(page, seen) == []
    asked = {"channel": "web", "customer": "rossi", "lines": [{"item": code} for code in codes]}
    told = shop.server.ask("POST", "/v1/prices", asked).json()["lines"]
    assert [answer["net_price"] for answer in answers] == [line["net_price"] for line in told]
    digits = [re.sub(r"[^\d.]", "", text.partition(" ")[0]) for text in texts]
    assert digits == [line["net_price"] for line in told]
    assert texts[7] == "€7.2595 per piece excl. VAT"
    assert [one for one in seen.asked if one.endswith("/v1/me/prices")] == [f"POST {shop.host}/v1/me/prices"]


PLAIN = [("cable", {}), ("cable", {"quantity": "100"}), ("cable", {"unit": "RO"}), ("screw", {}), ("saw", {}),
         ("pump", {}), ("gap", {}), ("nothing", {}), ("cable", {"unit": "BX"}), ("cable", {"quantity": "many"}),
         ("saw", {"shows": "net"}), ("saw", {"shows": "both"}), ("", {})]  # fmt: skip


@pytest.mark.parametrize(
    ("lang", "texts"),
    [
        ("en", ["€1.81 per m incl. VAT", "€1.5082 per m incl. VAT", "€150.82 per roll incl. VAT",
                "€5.49 per 100 pieces incl. VAT", "€19.52 per piece incl. VAT", "Price on request", "Not available",
                *[FALLBACK] * 3, "€16.00 per piece excl. VAT",
                "€16.00 per piece excl. VAT €19.52 incl. VAT", FALLBACK]),
        ("it-IT", ["1,81 € per m IVA inclusa", "1,5082 € per m IVA inclusa", "150,82 € per rotolo IVA inclusa",
                   "5,49 € per 100 pezzi IVA inclusa", "19,52 € per pezzo IVA inclusa", "Prezzo su richiesta",
                   "Non disponibile", *[FALLBACK] * 3, "16,00 € per pezzo IVA esclusa",
                   "16,00 € per pezzo IVA esclusa 19,52 € IVA inclusa", FALLBACK]),
        ("de", ["1,81 € je m inkl. MwSt.", "1,5082 € je m inkl. MwSt.", "150,82 € je Ring inkl. MwSt.",
                "5,49 € je 100 Stück inkl. MwSt.", "19,52 € je Stück inkl. MwSt.", "Preis auf Anfrage",
                "Nicht lieferbar", *[FALLBACK] * 3, "16,00 € je Stück zzgl. MwSt.",
                "16,00 € je Stück zzgl. MwSt. 19,52 € inkl. MwSt.", FALLBACK]),
    ],
)  # fmt: skip
def test_each_kind_of_answer_reads_well_in_the_language_of_the_page(
    chromium: Browser, shop: Store, lang: str, texts: list[str]
) -> None:
    address = shop.page(
        "/kinds", "".join(elements(code, **said) for code, said in PLAIN), lang, token_url="/listino-token"
    )
    with visiting(chromium, shop) as (page, seen):
        page.goto(address)
        settled(page)
        assert shown(page) == texts
        assert complaints(page, seen) == []


def test_breaks_are_a_table_that_a_keyboard_opens_and_a_screen_reader_reads(chromium: Browser, shop: Store) -> None:
    body = elements("cable", quantity="120") + elements("cable", breaks="open") + elements("cable", breaks="none")
    address = shop.page("/breaks", body, token_url="/listino-token")
    with visiting(chromium, shop) as (page, seen):
        page.goto(address)
        settled(page)
        assert page.locator("details:visible").count() == 2
        first = page.locator("listino-price").first
        assert "from 100 m" not in first.aria_snapshot()
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(first.locator("table")).to_be_visible()
        expect(first).to_match_aria_snapshot("""
          - text: €1.5082 per m incl. VAT €8.15 per kg
          - group:
            - text: Quantity breaks
            - 'table "Cable: Quantity breaks"':
              - caption
              - rowgroup:
                - row "Quantity per m, incl. VAT":
                  - columnheader "Quantity"
                  - columnheader "per m, incl. VAT"
              - rowgroup:
                - row "from 1 m €1.81":
                  - rowheader "from 1 m"
                  - cell "€1.81"
                - row "from 100 m €1.5082"
                - row "from 500 m €1.34"
        """)
        assert first.locator("tr[aria-current=true] th").inner_text() == "from 100 m"
        page.keyboard.press("Enter")
        expect(first.locator("table")).to_be_hidden()
        assert complaints(page, seen) == []


def test_a_reduction_is_struck_through_and_told_to_who_cannot_see_it(chromium: Browser, shop: Store) -> None:
    address = shop.page("/sale", elements("saw"), token_url="/listino-token")
    with visiting(chromium, shop) as (page, seen):
        page.goto(address)
        settled(page)
        saw = page.locator("listino-price")
        assert saw.locator("s").inner_text() == "€24.40"
        assert re.sub(r"\s+", " ", saw.locator(".prior").inner_text()) == (
            "Lowest price in the 30 days before: €24.40 Reduced by −20%"
        )
        assert complaints(page, seen) == []


STYLES = """
  body { font: 20px "Courier New"; color: rgb(1, 2, 3); }
  listino-price { --listino-accent: rgb(9, 8, 7); }
  listino-price::part(unit) { display: none; }
  listino-price::part(tax) { color: rgb(4, 5, 6); }
"""


def test_the_page_gives_font_and_colours_and_reaches_each_part(chromium: Browser, shop: Store) -> None:
    shop.site.pages["/style.css"] = STYLES
    body = '<link rel="stylesheet" href="/style.css">' + elements("saw")
    address = shop.page("/styled", body, token_url="/listino-token")
    with visiting(chromium, shop) as (page, seen):
        page.goto(address)
        settled(page)
        styles = page.locator("listino-price").evaluate("""(one) => {
          const of = (name, what) => getComputedStyle(one.shadowRoot.querySelector(name))[what];
          return [of(".prices", "fontFamily"), of(".reference, .prices", "color"), of(".amount", "color"),
            of(".unit", "display"), of(".tax", "color")];
        }""")
        assert styles == ['"Courier New"', "rgb(1, 2, 3)", "rgb(9, 8, 7)", "none", "rgb(4, 5, 6)"]
        assert complaints(page, seen) == []


def test_elements_come_go_and_change_and_only_what_is_new_is_asked(chromium: Browser, shop: Store) -> None:
    address = shop.page("/changing", elements("cable"), token_url="/listino-token")
    with visiting(chromium, shop) as (page, seen):
        page.goto(address)
        settled(page)
        cable = page.locator("listino-price")
        cable.evaluate("(one) => one.setAttribute('quantity', '500')")
        expect(cable.locator(".amount").first).to_have_text("€1.34")
        expect(cable.get_by_role("status")).to_have_text("Cable: New price: €1.34 per m incl. VAT")
        cable.evaluate("(one) => { one.setAttribute('unit', 'RO'); one.setAttribute('quantity', '1'); }")
        expect(cable.locator(".prices")).to_have_text("€150.82 per roll incl. VAT")
        cable.evaluate("(one) => one.setAttribute('quantity', '')")
        expect(cable.locator(".prices")).to_have_text("€150.82 per roll incl. VAT")
        cable.evaluate("(one) => one.setAttribute('quantity', '0')")
        assert shown(page) == [FALLBACK]
        before = len([one for one in seen.asked if one.startswith("POST")])
        page.evaluate("""() => {
          const added = Object.assign(document.createElement("listino-price"), { textContent: "later" });
          added.setAttribute("item", "screw");
          document.body.prepend(added);
          document.querySelectorAll("listino-price")[1].remove();
        }""")
        expect(page.locator("listino-price .prices")).to_have_text("€5.49 per 100 pieces incl. VAT")
        page.evaluate("document.body.append(document.querySelector('listino-price'))")
        assert shown(page) == ["€5.49 per 100 pieces incl. VAT"]
        page.evaluate("document.documentElement.lang = 'de'")
        expect(page.locator("listino-price .prices")).to_have_text("5,49 € je 100 Stück inkl. MwSt.")
        page.evaluate("Listino.texts('fr', {per: 'les {}', gross: 'TTC', units: {C62: 'pièce|pièces'}})")
        page.evaluate("document.querySelector('listino-price').lang = 'fr'")
        expect(page.locator("listino-price .prices")).to_have_text("5,49 € les 100 pièces TTC")
        assert len([one for one in seen.asked if one.startswith("POST")]) == before + 1
        assert complaints(page, seen) == []


def test_more_than_a_request_holds_are_asked_in_several(chromium: Browser, shop: Store) -> None:
    body = elements(*[f"S-{number:03}" for number in range(MANY)]) + elements("cable", "saw")
    with visiting(chromium, shop) as (page, seen):
        page.goto(shop.page("/more", body, token_url="/listino-token"))
        settled(page)
        assert shown(page)[-2:] == ["€1.81 per m incl. VAT", "€19.52 per piece incl. VAT"]
        assert len([one for one in seen.asked if one.endswith("/v1/me/prices")]) == 2


def test_elements_that_come_and_go_leave_nothing_behind(chromium: Browser, shop: Store) -> None:
    with visiting(chromium, shop) as (page, seen):
        page.goto(shop.page("/memory", "<main></main>", token_url="/listino-token"))
        session = page.context.new_cdp_session(page)

        def nodes() -> int:
            for _ in range(3):
                session.send("HeapProfiler.collectGarbage")
            counted: int = session.send("Memory.getDOMCounters")["nodes"]
            return counted

        def fill_and_empty() -> None:
            page.evaluate(
                "(html) => { document.querySelector('main').innerHTML = html; }",
                elements(*[f"S-{number:03}" for number in range(50)]),
            )
            expect(page.locator("listino-price .amount").last).to_be_visible()
            page.evaluate("document.querySelector('main').replaceChildren()")

        fill_and_empty()
        page.wait_for_timeout(300)
        first = nodes()
        for _ in range(5):
            fill_and_empty()
        page.wait_for_timeout(300)
        assert nodes() - first < 500
        assert complaints(page, seen) == []


def blocks(kind: str) -> list[str]:
    """The code blocks of the guide in a language."""
    return re.findall(rf"^```{kind}\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)


def test_every_part_and_property_is_told_and_no_other(chromium: Browser, shop: Store) -> None:
    body = elements("cable", breaks="open", quantity="120", shows="both") + elements("saw", "pump")
    address = shop.page("/parts", body, token_url="/listino-token")
    assert shop.server.ask("PUT", "/v1/stock/saw", {"on_hand": "5", "warehouse": "main"}).status in {200, 201}
    with visiting(chromium, shop) as (page, _):
        page.goto(address)
        settled(page)
        page.locator("listino-price .stock").wait_for()
        there: list[str] = page.evaluate(
            """() => [...document.querySelectorAll("listino-price")].flatMap((one) =>
              [...one.shadowRoot.querySelectorAll("[part]")].flatMap((part) => [...part.part]))"""
        )
    rows = GUIDE.partition("| part | is |")[2].partition("\n\n")[0]
    told = set(re.findall(r"`([\w-]+)`", rows))
    assert set(there) - {"unseen"} == told
    properties = set(re.findall(r"var\((--listino-[\w-]+)", SOURCE.read_text(encoding="utf-8")))
    assert properties == set(re.findall(r"`(--listino-[\w-]+)`", GUIDE))


def test_the_page_of_the_guide_shows_a_price_and_its_scripts_run(chromium: Browser, shop: Store) -> None:
    shop.put("items", "CB-10432", unit="MTR")
    shop.put("rules", "CB-10432", action="price", list="base", item="CB-10432", value="1.48")
    (html,) = blocks("html")
    (policy,) = re.findall(r"^default-src .*$", GUIDE, re.MULTILINE)
    shop.site.policy = policy.replace("https://prices.example.com", shop.host)
    page_of_guide = html.replace("https://prices.example.com", shop.host)
    shop.site.pages["/guide"] = f'<!doctype html><html lang="fr"><input id="quantity">{page_of_guide}'
    with visiting(chromium, shop) as (page, seen):
        page.goto(shop.site.address + "/guide")
        settled(page)
        for script in blocks("js"):
            page.evaluate(f"() => {{ {script} }}")
        settled(page)
        page.locator("listino-price .amount").wait_for()
        assert shown(page) == ["1,81 € les m TTC"]
        assert [line for line in complaints(page, seen) if not line.startswith("log: CB-10432")] == []
