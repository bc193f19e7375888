"""The webhook doors: who is told of what, what was told, and what is told again."""

from collections.abc import Callable
from datetime import datetime

import msgspec
from msgspec import UNSET, Struct, UnsetType

from listino.core.errors import malformed
from listino.db.engine import Database
from listino.flows import webhooks
from listino.flows.access import ApiKey
from listino.flows.webhooks import Chance, Delivery, Said, Targets, Webhook
from listino.web.answers import encode
from listino.web.auth import require
from listino.web.reading import is_number, message_of
from listino.web.rest.facts import page_of

SCOPE = "webhooks:manage"
STATES = ("waiting", "delivered", "parked", "ended")
NEWEST = (1 << 62) - 1


class WebhookSaid(Struct, forbid_unknown_fields=True):
    """What is said of a webhook: where messages go, and which."""

    url: str
    events: tuple[str, ...] = ("*",)
    description: str | None = None
    state: str = "active"


class WebhookRotation(Struct, forbid_unknown_fields=True):
    """For how long the secret before signs beside a new one."""

    overlap_hours: int = 24


class WebhookReplay(Struct, forbid_unknown_fields=True, rename={"start": "from", "end": "to"}):
    """Which messages go out again: one by its id, or all of a range of time."""

    message: str | None = None
    start: datetime | None = None
    end: datetime | None = None


class WebhookAnswer(Struct, omit_defaults=True):
    """A webhook as it stands; its secret is shown when it is made, and never again."""

    id: str
    url: str
    events: tuple[str, ...]
    description: str | None
    state: str
    created_at: str
    failing_since: str | None
    text: str | None
    deliveries: dict[str, int]
    secret: str | UnsetType = UNSET


class WebhookReplayed(Struct):
    """How many messages go out again."""

    replayed: int


_said = msgspec.json.Decoder(WebhookSaid)
_rotation = msgspec.json.Decoder(WebhookRotation)
_replay = msgspec.json.Decoder(WebhookReplay)


class WebhookDoor:
    """Webhooks are made, read, changed, ended; their deliveries listed and sent again."""

    def __init__(self, database: Database, clock: Callable[[], datetime], chance: Chance, targets: Targets) -> None:
        self.database = database
        self._clock = clock
        self._chance = chance
        self._targets = targets

    def post(self, body: bytes, key: ApiKey) -> bytes:
        """A new webhook, with its secret."""
        require(key, SCOPE)
        said = _as_said(body)
        webhook = webhooks.made(self.database, said, self._clock(), self._chance, self._targets)
        return self._shown(webhook, secret=webhook.keys[0].secret)

    def listed(self, key: ApiKey) -> bytes:
        """All webhooks: they are few."""
        require(key, SCOPE)
        data = [self._answer(webhook) for webhook in webhooks.every(self.database)]
        return encode({"data": data, "next": None})

    def get(self, webhook_id: str, key: ApiKey) -> bytes:
        """One webhook."""
        require(key, SCOPE)
        return self._shown(webhooks.found(self.database, webhook_id))

    def put(self, webhook_id: str, body: bytes, key: ApiKey) -> bytes:
        """A webhook as it is to be."""
        require(key, SCOPE)
        return self._shown(webhooks.changed(self.database, webhook_id, _as_said(body), self._clock(), self._targets))

    def end(self, webhook_id: str, key: ApiKey) -> bytes:
        """A webhook is forgotten."""
        require(key, SCOPE)
        return encode(self._answer(webhooks.ended(self.database, webhook_id, self._clock()), counted=False))

    def rotate(self, webhook_id: str, body: bytes, key: ApiKey) -> bytes:
        """A new secret, shown this once."""
        require(key, SCOPE)
        rotation = message_of(body or b"{}", _rotation)
        webhook = webhooks.rotated(self.database, webhook_id, rotation.overlap_hours, self._clock(), self._chance)
        return self._shown(webhook, secret=webhook.keys[0].secret)

    def deliveries(self, webhook_id: str, key: ApiKey, said: dict[str, str]) -> bytes:
        """A page of what was told or is on its way, the newest first."""
        require(key, SCOPE)
        limit, after = page_of(said)
        if after and not is_number(after):
            raise malformed("after", "not_a_cursor", "after is no cursor.", "Send the `next` of the page before.")
        state = said.get("state")
        if state is not None and state not in STATES:
            raise malformed("state", "not_a_choice", f"state cannot be {state!r}.", f"Send {', '.join(STATES)}.")
        before = int(after) if after else NEWEST
        page: list[Delivery] = webhooks.deliveries(self.database, webhook_id, state, before, limit + 1)
        following = str(page[limit - 1].id) if len(page) > limit else None
        return encode({"data": page[:limit], "next": following})

    def replay(self, webhook_id: str, body: bytes, key: ApiKey) -> bytes:
        """Messages go out again."""
        require(key, SCOPE)
        asked, now = message_of(body, _replay), self._clock()
        if asked.message is not None and asked.start is None and asked.end is None:
            return encode(WebhookReplayed(webhooks.replayed(self.database, webhook_id, asked.message, now)))
        if asked.message is not None or asked.start is None or asked.end is None:
            text = "Name one message, or a range by `from` and `to`."
            raise malformed("message", "missing", text, 'Send {"message": ID} or {"from": INSTANT, "to": INSTANT}.')
        for name, instant in (("from", asked.start), ("to", asked.end)):
            if instant.tzinfo is None:
                raise malformed(name, "not_an_instant", f"{name} has no zone.", "Send it as 2026-11-23T12:00:00Z.")
        count = webhooks.replayed_between(self.database, webhook_id, asked.start, asked.end, now)
        return encode(WebhookReplayed(count))

    def _shown(self, webhook: Webhook, secret: str | UnsetType = UNSET) -> bytes:
        answer = self._answer(webhook)
        answer.secret = secret
        return encode(answer)

    def _answer(self, webhook: Webhook, *, counted: bool = True) -> WebhookAnswer:
        return WebhookAnswer(
            webhook.id, webhook.url, webhook.events, webhook.description, webhook.state, webhook.created_at,
            webhook.failing_since, webhook.text, webhooks.counted(self.database, webhook.id) if counted else {},
        )  # fmt: skip


def _as_said(body: bytes) -> Said:
    said = message_of(body, _said)
    return Said(said.url, tuple(dict.fromkeys(said.events)), said.description, said.state)
