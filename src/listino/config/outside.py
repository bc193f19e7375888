"""The settings of what is told to others: webhooks and alerts."""

import os
from collections.abc import Sequence

from listino.core.addresses import networks_from
from listino.core.alerts import Patience, patience_from
from listino.flows.webhook_checks import Targets
from listino.ports import Http, Mail

NETWORKS_VARIABLE = "LISTINO_WEBHOOK_NETWORKS"
# Of what a receiver answers only the status counts.
ANSWER_BYTES_MAX = 1024 * 1024


def webhook_targets() -> Targets:
    """Where webhooks may lead: LISTINO_WEBHOOK_NETWORKS.

    Errors:  Malformed.
    """

    def addresses_of(host: str) -> Sequence[str]:
        from listino.connectors.http import addresses_of

        return addresses_of(host)

    return Targets(networks_from(os.environ.get(NETWORKS_VARIABLE, ""), NETWORKS_VARIABLE), addresses_of)


def webhook_http() -> Http:
    """The way to addresses that others name: LISTINO_WEBHOOK_NETWORKS, LISTINO_CA_FILE.

    Errors:  Malformed.
    """
    from listino.connectors.http import HttpClient, Policy

    ca_file = os.environ.get("LISTINO_CA_FILE") or None
    networks = webhook_targets().networks
    return HttpClient(Policy(networks=networks, ca_file=ca_file, answer_bytes_max=ANSWER_BYTES_MAX))


def alert_mail() -> Mail | None:
    """The way of letters to people: LISTINO_SMTP_URL, LISTINO_ALERT_TO, LISTINO_ALERT_FROM; None without the first.

    Errors:  Malformed.
    """
    url = os.environ.get("LISTINO_SMTP_URL", "").strip()
    if not url:
        return None
    from listino.connectors.mail import mail_from

    to, sender = (os.environ.get(name, "").strip() for name in ("LISTINO_ALERT_TO", "LISTINO_ALERT_FROM"))
    return mail_from(url, to, sender, os.environ.get("LISTINO_CA_FILE") or None)


def alert_patience() -> Patience:
    """After how long people are told of trouble: LISTINO_ALERT_AFTER.

    Errors:  Malformed.
    """
    return patience_from(os.environ.get("LISTINO_ALERT_AFTER", ""), "LISTINO_ALERT_AFTER")
