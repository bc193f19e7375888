"""The contract for developers: OpenAPI, a page to read it, and an explorer to try it."""

from functools import cache
from html import escape
from pathlib import Path

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response

from listino.core.errors import Fault, NotFound
from listino.web.faults import answer_to
from listino.web.openapi.document import ADDRESS, document
from listino.web.openapi.reference import records, refusals, refused_curl, sections
from listino.web.proxy import root_of

HERE = Path(__file__).parent
# Everything that a page may load comes from here; `data:` images are the arrows of the explorer.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
PAGE_HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-cache",
}
FILE_HEADERS = {"x-content-type-options": "nosniff", "cache-control": "public, max-age=3600"}
FILES = {
    "reference.css": HERE / "assets" / "reference.css",
    "reference.js": HERE / "assets" / "reference.js",
    "explorer.css": HERE / "assets" / "explorer.css",
    "explorer.js": HERE / "assets" / "explorer.js",
    "swagger-ui.css": HERE / "assets" / "swagger" / "swagger-ui.css",
    "swagger-ui-bundle.js": HERE / "assets" / "swagger" / "swagger-ui-bundle.js",
}


class Docs:
    """Serves the contract; needs no key."""

    async def openapi(self, request: Request) -> Response:
        """The OpenAPI document, with this installation's address as the caller sees it."""
        body = _contract().replace(ADDRESS.encode(), (root_of(request) or "/").encode())
        return Response(body, 200, {"cache-control": "no-cache"}, "application/json")

    async def page(self, request: Request) -> Response:
        """The reference."""
        # The address stands between single quotes, in HTML.
        address = escape(root_of(request).replace("'", "'\\''"))
        return Response(_page().replace(ADDRESS, address), 200, PAGE_HEADERS, "text/html")

    async def asset(self, request: Request) -> Response:
        """The explorer, or a file that a page loads."""
        name = request.path_params["asset"]
        if name == "":
            return RedirectResponse("../docs")
        if name == "explorer":
            return Response(_templates().get_template("explorer.html").render(), 200, PAGE_HEADERS, "text/html")
        if name not in FILES:
            text = f"There is nothing at {request.url.path}."
            status, body, headers = answer_to(NotFound("not_found", text, (Fault("path", "not_found", text),)))
            response = Response(body, status)
            response.raw_headers.extend(headers)
            return response
        return FileResponse(FILES[name], headers=FILE_HEADERS)


@cache
def _contract() -> bytes:
    return msgspec.json.encode(document())


@cache
def _page() -> str:
    contract = document()
    page = _templates().get_template("reference.html")
    told = sections(contract)
    shown = {one.anchor: one for section in told for one in section.operations}
    return page.render(
        info=contract["info"],
        sections=told,
        records=records(contract),
        refusals=refusals(),
        shown=shown,
        refused_price=refused_curl(contract, "getPrice"),
        refused_order=refused_curl(contract, "placeOrder"),
    )


@cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
