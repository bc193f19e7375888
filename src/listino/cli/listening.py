"""`listino listen`: live events on a developer's machine."""

from datetime import timedelta
from time import sleep
from typing import Annotated

import typer

from listino.cli import screen

RETRY_S, RETRY_MAX_S = 2.0, 30.0
FORWARD_WITHIN = timedelta(seconds=20)
USER_AGENT = "Listino-Webhooks/1"


def listen(
    *,
    key: Annotated[
        str, typer.Option("--key", envvar="LISTINO_KEY", help="A key with webhooks:manage; else LISTINO_KEY.")
    ],
    url: Annotated[
        str, typer.Option("--url", help="Where Listino answers, as https://prices.example.com.")
    ] = "http://127.0.0.1:8080",
    forward: Annotated[
        str | None, typer.Option("--forward", help="Where each event is sent to, as http://localhost:3000/hook.")
    ] = None,
    events: Annotated[str, typer.Option("--events", help="Which events, with commas between.")] = "*",
) -> None:
    """Print live events as they come, and forward them to this machine as webhooks are sent, until Ctrl-C.

    They are signed with the secret that is printed first. What comes while the connection is lost is told afterwards.
    """
    import logging

    import structlog

    from listino.connectors.events import events as events_at
    from listino.core.errors import Unavailable

    # What is forwarded is printed here; no line of a log stands between.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    listener = last = None
    pause_s = RETRY_S
    while True:
        headers = {"Authorization": f"Bearer {key}", **({"Last-Event-ID": last} if last is not None else {})}
        query = f"?events={events}" + (f"&listener={listener}" if listener is not None else "")
        try:
            for event in events_at(f"{url.rstrip('/')}/v1/webhooks/stream{query}", headers):
                pause_s = RETRY_S
                if event.event == "ready":
                    listener, last = _ready(event.data, listener, last)
                else:
                    last = event.id
                    _told(event.event, event.data, forward)
            screen.remark("The server ended the stream; asking again.")
        except Unavailable as error:
            screen.remark(f"{error.detail} Tried again in {pause_s:.0f} s.")
        sleep(pause_s)
        pause_s = min(2 * pause_s, RETRY_MAX_S)


def _ready(data: str, listener: str | None, last: str | None) -> tuple[str, str | None]:
    """Who we are to the server, and from where on we go on; a new one has a secret of its own."""
    from msgspec.json import decode

    said = decode(data)
    if said["listener"] != listener:
        screen.say(f"Listening for {', '.join(said['events'])}. Events are signed with {said['secret']}")
        last = None
    return said["listener"], last


def _told(name: str, data: str, forward: str | None) -> None:
    from msgspec.json import decode

    said = decode(data)
    body: str = said.pop("body")
    told = decode(body)
    screen.say(f"{told['timestamp']}  {name}  {body}")
    if forward is not None:
        screen.say(f"    {forward}: {_forwarded(forward, body.encode(), said)}")


def _forwarded(forward: str, body: bytes, headers: dict[str, str]) -> str:
    """What the local server answered."""
    from listino.connectors.http import HttpClient, Policy
    from listino.core.errors import OutcomeUnknown, Unavailable
    from listino.ports import HttpRequest

    own = {"Content-Type": "application/json", "User-Agent": USER_AGENT}
    try:
        request = HttpRequest(method="POST", url=forward, headers=own | headers, body=body)
        return str(HttpClient(Policy(company_network=True)).send(request, FORWARD_WITHIN).status)
    except (Unavailable, OutcomeUnknown) as error:
        return error.detail
