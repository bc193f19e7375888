"""A small company behind a real server of ours, and a store's site at another origin that shows its prices."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page

from listino.db.engine import Database
from listino.db.migrate import migrated
from listino.flows.access import created
from listino.flows.facts import Stated, save
from tests.browser.site import Site, site
from tests.server import Server, free_port, serving
from tests.shop import CountedChance

MANY = 200
FALLBACK = "Ask us for the price"

COMPANY: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("channels", "web", {"currency": "EUR", "country": "IT", "shows": "gross"}),
    ("channels", "trade", {"currency": "EUR", "country": "IT", "shows": "both"}),
    ("customer-groups", "installers", {}),
    ("customers", "rossi", {"customer_groups": ["installers"], "country": "IT"}),
    ("taxes", "it-standard", {"percent": "22", "country": "IT"}),
    ("price-lists", "asked", {"currency": "EUR", "visibility": "on_request"}),
    ("assignments", "asked-all", {"list": "asked"}),
    ("items", "cable", {"unit": "MTR", "name": {"en": "Cable", "it": "Cavo", "de": "Kabel"},
                        "reference": {"unit": "KGM", "factor": "0.185"},
                        "packagings": [{"unit": "RO", "factor": "100"}]}),
    ("items", "screw", {"name": {"en": "Screw"}}),
    ("items", "saw", {"name": {"en": "Saw"}}),
    ("items", "pump", {}),
    ("items", "gap", {}),
    ("rules", "cable", {"action": "price", "list": "base", "item": "cable", "unit": "MTR",
                        "scale": {"tiers": [{"from": "1", "value": "1.48"}, {"from": "100", "value": "1.2362"},
                                            {"from": "500", "value": "1.1"}]}}),
    ("rules", "screw", {"action": "price", "list": "base", "item": "screw", "value": "4.50", "per": "100"}),
    ("rules", "saw", {"action": "price", "list": "base", "item": "saw", "value": "20"}),
    ("rules", "gap", {"action": "price", "list": "base", "item": "gap",
                      "scale": {"tiers": [{"from": "10", "value": "7"}]}}),
    ("rules", "pump", {"action": "price", "list": "asked", "item": "pump", "value": "900"}),
    ("rules", "installers", {"action": "percent", "customer_group": "installers", "item": "cable", "value": "10"}),
    *(("items", f"S-{number:03}", {}) for number in range(MANY)),
    *(("rules", f"S-{number:03}", {"action": "price", "list": "base", "item": f"S-{number:03}",
                                   "value": f"{number}.{number * 37 % 1000:03}5"}) for number in range(MANY)),
)  # fmt: skip
SALE = (
    "rules",
    "sale",
    {"action": "percent", "step": "promotion", "item": "saw", "value": "20", "show_as": "discount"},
)


@dataclass
class Seen:
    """What a browser met while it looked at pages: what was asked of us, and what it complained of."""

    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


@dataclass
class Store:
    """The server, the site, and where the database lies."""

    server: Server
    site: Site
    url: str
    key: str

    @property
    def host(self) -> str:
        """The origin of our server."""
        return f"http://127.0.0.1:{self.server.port}"

    def token(self, customer: str | None = None, **said: Any) -> dict[str, Any]:
        """A token for the site's pages, as the store's server has it minted."""
        asked = {"customer": customer, "channel": "web", "origins": [self.site.address]} | said
        answer = self.server.ask("POST", "/v1/customer-tokens", {k: v for k, v in asked.items() if v is not None})
        assert answer.status == 201, answer.body
        told: dict[str, Any] = answer.json()
        return told

    def put(self, kind: str, code: str, **said: Any) -> None:
        """State a fact over REST, which must be taken."""
        answer = self.server.ask("PUT", f"/v1/{kind}/{code}?confirm=true", said)
        assert answer.status in {200, 201}, answer.body

    def price(self, item: str, **said: str) -> Any:
        """What REST answers to the same question."""
        query = "&".join(f"{name}={value}" for name, value in ({"channel": "web"} | said).items())
        answer = self.server.ask("GET", f"/v1/prices/{item}?{query}")
        assert answer.status == 200, answer.body
        return answer.json()

    def page(self, path: str, body: str, lang: str = "en", **data: str) -> str:
        """Put a page on the site, with our script as a store would have it: its whole address."""
        said = "".join(f' data-{name.replace("_", "-")}="{value}"' for name, value in data.items())
        script = f'<script src="{self.host}/listino.js"{said} defer></script>'
        self.site.pages[path] = f'<!doctype html><html lang="{lang}"><meta charset="utf-8">{script}<body>{body}</body>'
        return self.site.address + path


@contextmanager
def store(folder: Path) -> Iterator[Store]:
    """A store that is open: the server under way, the site under its strict policy."""
    url = f"sqlite:///{folder / 'listino.db'}"
    migrated(url, zone="Europe/Rome", country="IT")
    database, now = Database(url), datetime.now(UTC)
    _, key = created(database, "shop", ["all"], channel=None, test=False, now=now, chance=CountedChance())
    stated = [Stated(kind, code, dict(said)) for kind, code, said in COMPANY]
    save(database, stated, "test", "company", now - timedelta(days=40))
    save(database, [Stated(SALE[0], SALE[1], dict(SALE[2]))], "test", "sale", now - timedelta(days=2))
    database.close()
    with site() as shop, serving(url, key, port=free_port()) as server:
        opened = Store(server, shop, url, key)
        shop.mint = opened.token
        host = opened.host
        shop.policy = f"default-src 'none'; script-src 'self' {host}; connect-src 'self' {host}; style-src 'self'"
        yield opened


# Runs before any script of a page, and keeps what a strict policy or an error would otherwise say to nobody.
LISTENING = """
window.complaints = [];
window.addEventListener("error", (event) => complaints.push("error: " + event.message));
window.addEventListener("unhandledrejection", (event) => complaints.push("rejected: " + event.reason));
document.addEventListener("securitypolicyviolation", (event) => complaints.push("policy: " + event.violatedDirective));
"""


@contextmanager
def visiting(browser: Browser, shop: Store, **options: Any) -> Iterator[tuple[Page, Seen]]:
    """A page of a new visitor, and what the browser met."""
    context: BrowserContext = browser.new_context(**options)
    context.set_default_timeout(15_000)
    page, seen = context.new_page(), Seen()
    page.add_init_script(LISTENING)
    page.on("request", lambda request: seen.asked.append(f"{request.method} {request.url.partition('?')[0]}"))
    page.on("console", lambda message: seen.complaints.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: seen.complaints.append(f"thrown: {error}"))
    try:
        yield page, seen
    finally:
        context.close()


def elements(*codes: str, **attributes: str) -> str:
    """Markup of one element for each item."""
    said = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return "".join(f'<p><listino-price item="{code}"{said}>{FALLBACK}</listino-price></p>' for code in codes)


def complaints(page: Page, seen: Seen) -> list[str]:
    """All that was complained of."""
    inside: list[str] = page.evaluate("complaints")
    return seen.complaints + inside


def shown(page: Page, selector: str = "listino-price") -> list[str]:
    """What a reader sees of each element: the price, or what stands in it."""
    told: list[str] = page.eval_on_selector_all(
        selector,
        """(all) => all.map((one) => {
          const body = one.shadowRoot.querySelector(".body");
          const text = body.hidden ? one.textContent : one.shadowRoot.querySelector(".prices").textContent;
          return text.replace(/\\s+/g, " ").trim();
        })""",
    )
    return told


def settled(page: Page, selector: str = "listino-price") -> None:
    """Wait until every element stands as it will: none is loading."""
    page.wait_for_function(
        "(selector) => [...document.querySelectorAll(selector)].every((one) => !one.matches(':state(loading)'))",
        arg=selector,
    )
