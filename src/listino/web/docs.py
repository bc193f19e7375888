"""The contract for developers: OpenAPI, a page to read it, and an explorer to try it."""

from starlette.requests import Request
from starlette.responses import Response

from listino.web.settings import WebSettings


class Docs:
    """Serves the contract."""

    def __init__(self, settings: WebSettings) -> None:
        self._settings = settings

    async def openapi(self, request: Request) -> Response:
        """The OpenAPI document."""
        return Response(b"{}", media_type="application/json")

    async def page(self, request: Request) -> Response:
        """The page."""
        return Response(b"", media_type="text/html")

    async def asset(self, request: Request) -> Response:
        """A vendored file."""
        return Response(b"", 404)
