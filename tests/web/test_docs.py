"""The reference and the explorer: nothing from elsewhere, no dead link, and lines that can be run as they stand."""

import re
import shlex
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import msgspec
import pytest
from lxml import etree

from listino.flows.import_ import imported
from listino.flows.tables import Options
from listino.web.docs import FILES, POLICY
from listino.web.openapi.document import document
from tests.house.code import ROOT, SOURCE
from tests.shop import NOW, House, opened

ADDRESS = "http://127.0.0.1:8080"
PAGES = ("/docs", "/docs/explorer")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with opened(tmp_path, company=False) as empty:
        yield empty


class Reader(HTMLParser):
    """Collects what a page links to, names, loads and shows as curl lines."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.inline: list[str] = []
        self.curls: list[str] = []
        self._in_curl = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        self.ids += [said["id"]] if "id" in said else []
        self.inline += [name for name in said if name == "style" or name.startswith("on")]
        if tag == "a":
            self.links.append(said["href"])
        elif tag in {"link", "script", "img"}:
            self.loaded.append(said.get("href") or said.get("src") or "")
        elif tag == "pre" and said.get("class") == "curl":
            self._in_curl = True
            self.curls.append("")
        self.inline += [tag] if tag == "style" or (tag == "script" and "src" not in said) else []

    def handle_endtag(self, tag: str) -> None:
        self._in_curl = self._in_curl and tag != "pre"

    def handle_data(self, data: str) -> None:
        if self._in_curl:
            self.curls[-1] += data


def read(house: House, path: str) -> Reader:
    return Reader(house.get(path).body.decode())


@pytest.mark.parametrize("path", PAGES)
def test_a_page_loads_only_what_we_serve_and_holds_no_script_or_style_of_its_own(house: House, path: str) -> None:
    response, page = house.get(path), read(house, path)
    assert response.headers["content-security-policy"] == POLICY
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert page.inline == []
    folder = "/docs/" if path == "/docs/explorer" else "/"
    for name in page.loaded:
        if name == "data:,":
            continue
        found = house.get(folder + name)
        assert (name, found.status) == (name, 200)
        assert found.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", PAGES)
def test_every_link_is_relative_and_leads_somewhere(house: House, path: str) -> None:
    page = read(house, path)
    assert [link for link in page.links if link.startswith("/") or "://" in link] == []
    assert {link[1:] for link in page.links if link.startswith("#")} - set(page.ids) == set()
    assert len(page.ids) == len(set(page.ids))
    folder = "/docs/" if path == "/docs/explorer" else "/"
    for link in {link for link in page.links if not link.startswith("#")}:
        found = house.get(folder + link if ".." not in link else "/docs")
        assert (link, found.status) == (link, 200)


def test_the_policy_allows_nothing_but_our_own_files_and_the_arrows_of_the_explorer() -> None:
    sources = {name: words.split() for name, _, words in (part.strip().partition(" ") for part in POLICY.split(";"))}
    assert {word for words in sources.values() for word in words} == {"'none'", "'self'", "data:"}
    assert [name for name, words in sources.items() if "data:" in words] == ["img-src"]


def test_the_reference_tells_every_operation_and_every_field(house: House) -> None:
    page = read(house, "/docs")
    names = [one["operationId"] for methods in document()["paths"].values() for one in methods.values()]
    assert [name for name in names if name not in page.ids] == []
    kept = {name for name in document()["components"]["schemas"] if not name.endswith("Kept")}
    assert [name for name in kept if f"record-{name}" not in page.ids] == []


def test_every_curl_line_stands_alone_and_asks_a_door_that_there_is(house: House) -> None:
    curls = read(house, "/docs").curls
    assert len(curls) > 30
    for curl in curls:
        assert_curl(curl, ADDRESS)


def assert_curl(curl: str, address: str) -> None:
    """It begins with curl, uses nothing of the shell but quotes, and its path is one of the document's."""
    assert curl.startswith("curl ")
    words = shlex.split(curl.replace("\\\n", " "))
    plain = re.sub(r"'[^']*'", "''", curl.replace("'\\''", ""))
    assert not re.search(r"[|$;#<>`&]", plain), curl
    urls = [word for word in words if word.startswith(address)]
    assert len(urls) == 1, curl
    method = words[words.index("-X") + 1] if "-X" in words else "GET"
    path = urls[0].removeprefix(address).partition("?")[0]
    assert any(
        re.fullmatch(re.sub(r"\\\{\w+\\\}", ".+", re.escape(template)), path) and method.lower() in methods
        for template, methods in document()["paths"].items()
    ), curl
    if "-d" in words:
        body = words[words.index("-d") + 1]
        assert (etree.fromstring(body) if body.startswith("<") else msgspec.json.decode(body)) is not None


def test_every_file_that_is_offered_is_there_and_no_other(house: House) -> None:
    assert {name: house.get(f"/docs/{name}").status for name in FILES} == dict.fromkeys(FILES, 200)
    for name in ("NOTICE", "../app.py", "swagger/LICENSE", "x"):
        refused = house.get(f"/docs/{name}")
        assert (refused.status, refused.json()["code"]) == (404, "not_found")
    assert house.get("/docs/").headers["location"] == "../docs"


def test_the_explorer_asks_nobody_else() -> None:
    script = (SOURCE / "web" / "assets" / "explorer.js").read_text(encoding="utf-8")
    assert "validatorUrl: null" in script
    assert "://" not in script
    styles = [path.read_text(encoding="utf-8") for path in (SOURCE / "web" / "assets").glob("*.css")]
    assert [style for style in styles if "://" in style or "@import" in style] == []


def examples_in(name: str) -> list[dict[str, Any]]:
    """The JSON blocks of a guide."""
    text = (ROOT / "docs" / "guides" / name).read_text(encoding="utf-8")
    return [msgspec.json.decode(block) for block in re.findall(r"^```json\n(.*?)^```", text, re.MULTILINE | re.DOTALL)]


def test_the_worked_examples_of_the_guide_to_prices_come_out_as_they_say(tmp_path: Path) -> None:
    examples = examples_in("prices.md")
    assert len(examples) == 3
    for number, example in enumerate(examples):
        folder = tmp_path / str(number)
        folder.mkdir()
        with opened(folder, company=False) as house:
            stated = house.client.request("POST", "/v1/changes", json=example["changes"])
            assert stated.status == 200, stated.body
            for question in example["questions"]:
                answer = house.price(question["ask"].pop("item"), **question["ask"])
                assert {name: answer[name] for name in question["answer"]} == question["answer"]
                assert [step["rule"] for step in answer["steps"]] == question["rules"]


def test_the_files_of_the_guide_to_imports_come_in_as_they_stand(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "guides" / "import.md").read_text(encoding="utf-8")
    files = dict(re.findall(r"^`([\w-]+\.csv)`:\n\n```csv\n(.*?)^```", text, re.MULTILINE | re.DOTALL))
    (lines,) = re.findall(r"^```ndjson\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    for name, content in {**files, "more.ndjson": lines}.items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    with opened(tmp_path, company=False) as house:
        first = imported(house.database, [tmp_path / name for name in files], Options(), "test", NOW)
        assert (first.errors, first.revision, first.changed) == ((), 1, 9)
        then = imported(house.database, [tmp_path / "more.ndjson"], Options(), "test", NOW)
        assert (then.errors, then.revision, then.changed) == ((), 2, 3)
        rule = house.get("/v1/rules/trade-nym").json()
        assert (rule["scale"]["tiers"][1], rule["valid_from"]) == (
            {"value": "1.48", "from": "100"},
            "2026-12-30T23:00:00Z",
        )


def curls_in(path: Path) -> list[str]:
    blocks = re.findall(r"^```\w*\n(.*?)^```", path.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return [f"curl {line}" for block in blocks for line in re.split(r"^curl ", block, flags=re.MULTILINE)[1:]]


@pytest.mark.parametrize("name", ["README.md", "docs/guides/connect-your-store.md"])
def test_the_curl_lines_of_readme_and_guides_stand_alone_and_ask_doors_that_there_are(name: str) -> None:
    curls = curls_in(ROOT / name)
    assert len(curls) >= 4
    for curl in curls:
        assert_curl(curl.strip(), ADDRESS)


TEXTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_every_file_and_page_that_a_text_names_is_there(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)#]+)[^)]*\)", text) if "://" not in link]
    assert [link for link in links if not (path.parent / link).exists()] == []
    files = re.findall(r"`((?:[\w.-]+/)+[\w-]+\.(?:py|md|json|toml))`", text)
    assert [name for name in files if not (ROOT / name).exists() and not (SOURCE / name).exists()] == []


def test_the_address_alone_leads_to_the_docs(house: House) -> None:
    answer = house.get("/")
    assert (answer.status, answer.headers["location"].endswith("/docs")) == (307, True)
