"""Whether others are told what they asked to be told."""

from collections.abc import Iterator

from listino.db import webhook_messages, webhooks
from listino.db.engine import Connection
from listino.flows.findings import OK, WARN, Finding

_REMEDIES = {
    webhooks.FAILING: "Mend its receiver; then have its messages sent again: POST /v1/webhooks/ID/replay.",
    webhooks.DISABLED: "Its receiver answered 410. PUT it active once it is there again, or DELETE it.",
}


def told(connection: Connection) -> Iterator[Finding]:
    """How each webhook fares; nothing where there is none."""
    for webhook in webhooks.every(connection):
        counts = webhook_messages.counted(connection, webhook.id)
        waiting = f"{counts.get(webhook_messages.WAITING, 0)} messages wait"
        if webhook.state in _REMEDIES:
            since = (webhook.failing_since or "")[:19]
            text = f"{webhook.state} since {since}Z, {waiting}, {counts.get(webhook_messages.PARKED, 0)} are parked"
            yield Finding(WARN, f"Webhook {webhook.id}", text, _REMEDIES[webhook.state].replace("ID", webhook.id, 1))
        else:
            yield Finding(OK, f"Webhook {webhook.id}", f"{webhook.state}, {waiting}")
