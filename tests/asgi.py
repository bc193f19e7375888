"""A client that calls an ASGI application directly, in one event loop: a request as a server would make it."""

import asyncio
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import msgspec


@dataclass
class Response:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as plain values."""
        return msgspec.json.decode(self.body)

    def lines(self) -> list[Any]:
        """The lines of the body as plain values."""
        return [msgspec.json.decode(line) for line in self.body.splitlines()]


class Client:
    """Sends requests to an application, one after another or side by side."""

    def __init__(self, app: Any, headers: dict[str, str] | None = None) -> None:
        self.app = app
        self._headers = headers or {}
        self._runner = asyncio.Runner()

    def close(self) -> None:
        """End the event loop."""
        self._runner.close()

    def request(self, method: str, path: str, **options: Any) -> Response:
        """One request: `params`, `headers`, and `json` or `content`; gone away after so many pieces of the body."""
        return self._runner.run(self._request(method, path, **options))

    def together(self, requests: list[tuple[str, str, dict[str, Any]]]) -> list[Response]:
        """Many requests under way at once."""

        async def all_of_them() -> list[Response]:
            return await asyncio.gather(*(self._request(method, path, **options) for method, path, options in requests))

        return self._runner.run(all_of_them())

    def in_the_order_of_their_ends(self, requests: list[tuple[str, str, dict[str, Any]]]) -> list[Response]:
        """Many requests under way at once; their responses as they came."""

        async def as_they_end() -> list[Response]:
            under_way = [self._request(method, path, **options) for method, path, options in requests]
            return [await response for response in asyncio.as_completed(under_way)]

        return self._runner.run(as_they_end())

    def together_at_the_end(self, requests: list[tuple[str, str, dict[str, Any]]]) -> list[Response]:
        """Many requests under way when the server ends; the last of them comes when it has ended."""

        async def all_of_them() -> list[Response]:
            told: asyncio.Queue[dict[str, str]] = asyncio.Queue()
            said: asyncio.Queue[dict[str, str]] = asyncio.Queue()
            life = asyncio.create_task(self.app({"type": "lifespan", "state": {}}, told.get, said.put))
            await told.put({"type": "lifespan.startup"})
            assert (await said.get())["type"] == "lifespan.startup.complete"
            answers = [asyncio.create_task(self._request(method, path, **more)) for method, path, more in requests[:-1]]
            await asyncio.sleep(0)
            await told.put({"type": "lifespan.shutdown"})
            assert (await said.get())["type"] == "lifespan.shutdown.complete"
            await life
            method, path, options = requests[-1]
            return [*await asyncio.gather(*answers), await self._request(method, path, **options)]

        return self._runner.run(all_of_them())

    async def _request(self, method: str, path: str, **options: Any) -> Response:
        content = options.get("content", b"")
        if "json" in options:
            content = msgspec.json.encode(options["json"])
        headers = self._headers | options.get("headers", {}) | {"content-length": str(len(content))}
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": quote(path).encode(),
            "root_path": "",
            "query_string": urlencode(options.get("params", {}), doseq=True).encode(),
            "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
            "client": ("127.0.0.1", 50000),
            "server": ("127.0.0.1", 8080),
        }
        events = iter([{"type": "http.request", "body": content, "more_body": False}])
        sent: list[dict[str, Any]] = []

        gone = asyncio.Event()

        async def receive() -> dict[str, Any]:
            event = next(events, None)
            if event is None:  # The client waits for the answer, or goes away before it is whole.
                await gone.wait()
                event = {"type": "http.disconnect"}
            return event

        async def send(message: Any) -> None:
            sent.append(message)
            if len(sent) == 1 + options.get("gone_after", -1):
                gone.set()
                await asyncio.sleep(0)

        await self.app(scope, receive, send)
        body = b"".join(message.get("body", b"") for message in sent[1:])
        pairs = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return Response(sent[0]["status"], pairs, body)
