"""The file that a store's page loads to show prices: `/listino.js`, the same for everybody."""

from functools import cache
from hashlib import blake2b
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

SOURCE = Path(__file__).parent / "assets" / "listino.js"
# A page that was open before an update of ours goes on with what it has; a new one asks again within the hour.
HEADERS = {
    "cache-control": "public, max-age=3600, stale-while-revalidate=86400",
    "access-control-allow-origin": "*",
    "cross-origin-resource-policy": "cross-origin",
    "x-content-type-options": "nosniff",
}


class ComponentDoor:
    """Serves the web component; needs no key, as it holds nothing of anybody's."""

    async def served(self, request: Request) -> Response:
        """The file, or that the page has it already."""
        body, tag = _file()
        headers = {**HEADERS, "etag": tag}
        if tag in request.headers.get("if-none-match", ""):
            return Response(None, 304, headers)
        return Response(body, 200, headers, "text/javascript")


@cache
def _file() -> tuple[bytes, str]:
    body = without_comments(SOURCE.read_text(encoding="utf-8")).encode()
    return body, f'"{blake2b(body, digest_size=12).hexdigest()}"'


def without_comments(script: str) -> str:
    """A script without lines of comment and without indentation; what is left keeps its line numbers."""
    lines = (line.strip() for line in script.splitlines())
    return "\n".join("" if line.startswith(("//", "/**")) else line for line in lines) + "\n"
