"""The operations on webhooks and alerts."""

from typing import Any

from listino.core.alerts import KINDS
from listino.core.webhooks import EVENTS
from listino.flows.listening import LISTENERS_MAX, WAITED_FOR
from listino.web.live_stream import MEDIA_TYPE
from listino.web.openapi.live import AT_ONCE
from listino.web.openapi.parts import AFTER, LIMIT, Operation, answer, body, header, in_path, operation, page, query
from listino.web.openapi.schemas import TEXT, named
from listino.web.rest.alerts import STATES as ALERT_STATES
from listino.web.rest.webhooks import SCOPE, STATES

Paths = dict[str, dict[str, Operation]]
TAG = "Webhooks"
OWN_ID = in_path("id", "Our id of the webhook.")
MESSAGE = (
    'A message is a POST of {"type", "timestamp", "data"} with ids and codes only, signed as standardwebhooks.com '
    "says: `webhook-id` (the same in every try), `webhook-timestamp` (of this try), `webhook-signature`. 2xx within "
    "20 s is a yes, 410 ends the webhook, all else (redirects too) is tried again for three days, with pauses that "
    "grow up to four hours, or that Retry-After names with 429 or 503. No order is promised; a message may come twice."
)


def webhooks() -> Paths:
    """Who is told of what."""
    events = " ".join(f"`{name}`: {text}" for name, text in EVENTS.items())
    listed = _said("listWebhooks", "List the webhooks", "All of them: there are at most 50.", answers={
        "200": answer("The webhooks.", page(named("WebhookAnswer"), "The webhooks, the oldest first.")),
    })  # fmt: skip
    made = _said(
        "addWebhook",
        "Make a webhook",
        f"The answer holds its secret, which is never shown again. {MESSAGE} Events: {events}",
        answers={"201": answer("The webhook, with its secret.", named("WebhookAnswer"))},
        refused=(409, 413),
        sent=body(named("WebhookSaid"), "Where it leads, and what it is told of."),
    )
    kept = {"200": answer("The webhook.", named("WebhookAnswer"))}
    one = {"answers": kept, "refused": (404,), "parameters": [OWN_ID]}
    found = _said("getWebhook", "Read a webhook", "How it stands.", **one)
    ended = _said("endWebhook", "End a webhook", "It and its deliveries are forgotten.", **one)
    changed = _said(
        "putWebhook",
        "State a webhook anew",
        "What is not said is as if it had never been. Its secret stays.",
        answers=kept,
        refused=(404, 413),
        parameters=[OWN_ID],
        sent=body(named("WebhookSaid"), "Where it leads, and what it is told of."),
    )
    return {
        "/v1/webhooks": {"get": listed, "post": made},
        "/v1/webhooks/{id}": {"get": found, "put": changed, "delete": ended},
        **_messages(),
        **_listening(),
        **_alerts(),
    }


def _messages() -> Paths:
    rotated = _said(
        "rotateWebhook",
        "Give a webhook a new secret",
        "For some hours the one before signs too: `webhook-signature` holds both, so the receiver can change over.",
        answers={"200": answer("The webhook, with its new secret.", named("WebhookAnswer"))},
        refused=(404, 413),
        parameters=[OWN_ID],
        sent=body(named("WebhookRotation"), "For how long; the body may be left out.", required=False),
    )
    replayed = _said(
        "replayWebhook",
        "Send messages again",
        "One by its id, or all of a range of time that the webhook wants (10,000 at most), under the ids that they "
        "had; also those from before it was made. Messages are kept for 30 days.",
        answers={"200": answer("How many go out again.", named("WebhookReplayed"))},
        refused=(404, 409, 413),
        parameters=[OWN_ID],
        sent=body(named("WebhookReplay"), "Which messages."),
    )
    state = query("state", {"type": "string", "enum": list(STATES)}, "Only those in this state.")
    deliveries = _said(
        "listDeliveries",
        "List what a webhook was told",
        "What was delivered, what waits and what was given up, the newest first.",
        answers={"200": answer("A page of deliveries.", page(named("Delivery"), "Deliveries, the newest first."))},
        refused=(404,),
        parameters=[OWN_ID, state, LIMIT, AFTER],
    )
    return {
        "/v1/webhooks/{id}/rotate": {"post": rotated},
        "/v1/webhooks/{id}/replay": {"post": replayed},
        "/v1/webhooks/{id}/deliveries": {"get": deliveries},
    }


def _listening() -> Paths:
    words = ("webhook-id", "webhook-timestamp", "webhook-signature")
    said = {name: {**TEXT, "description": f"The header `{name}` of a webhook that says the same."} for name in words}
    said["body"] = {**TEXT, "description": "The body of that webhook, byte for byte as it is signed."}
    event = {"type": "object", "properties": said, "required": list(said)}
    stream = _said(
        "streamMessages",
        "Listen to what webhooks are told",
        "Server-sent events for a developer's machine (`listino listen`): first `ready` with the `listener` and the "
        "`secret` that signs what follows, then each message as it arises, its event's name as `event`. Nothing is "
        f"called. Whoever comes back within {WAITED_FOR.seconds} s with `listener` and `Last-Event-ID` is told what "
        f"came meanwhile; {LISTENERS_MAX} may listen.",
        answers={"200": {
            "description": "The events, for as long as somebody listens.",
            "headers": AT_ONCE,
            "content": {MEDIA_TYPE: {
                "schema": {"type": "string", "contentMediaType": MEDIA_TYPE, "contentSchema": event},
            }},
        }},
        refused=(409,),
        parameters=[
            query("events", TEXT, "Which events, with commas between; all without."),
            query("listener", TEXT, "Who it was that comes back, as `ready` told."),
            header("Last-Event-ID", "The `id` of the last event that was heard."),
        ],
    )  # fmt: skip
    return {"/v1/webhooks/stream": {"get": stream}}


def _alerts() -> Paths:
    kinds = ", ".join(f"`{kind}`" for kind in KINDS)
    state = query("state", {"type": "string", "enum": list(ALERT_STATES)}, "Only those that are open, or over.")
    listed = operation(
        "listAlerts",
        "Service",
        "List what needs a person",
        f"Each cause is one alert, told once by mail and webhook, and once more when it is over. Kinds: {kinds}.",
        scope="alerts:read",
        answers={"200": answer("A page of alerts.", page(named("Alert"), "Alerts, the newest first."))},
        parameters=[state, LIMIT, AFTER],
    )
    return {"/v1/alerts": {"get": listed}}


def _said(name: str, summary: str, description: str, **more: Any) -> Operation:
    return operation(name, TAG, summary, description, scope=SCOPE, **more)
