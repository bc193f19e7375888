"""What a webhook may be: checked when it is saved, as far as it can be known then.

What a name leads to is looked at again with every call, at the connection itself: it may lead elsewhere by then.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from listino.core.addresses import Network, is_allowed, may_be_called
from listino.core.errors import Fault, Malformed
from listino.core.webhooks import ANY, EVENTS, is_event

URL_LENGTH_MAX = 2_000
DESCRIPTION_LENGTH_MAX = 500
STATES_TO_SET = ("active", "paused")
# Names that mean a machine or a network of one's own.
_INSIDE = (".localhost", ".local", ".internal", ".lan", ".home.arpa", ".corp", ".intranet")
_ALLOW = "Name a public address, or have the operator add its network to LISTINO_WEBHOOK_NETWORKS."


def _unknown(_: str) -> Sequence[str]:
    return ()


@dataclass(frozen=True, slots=True)
class Targets:
    """Where webhooks may lead: networks that the operator allows beside the public internet.

    Shapes:  addresses_of: the addresses of a name, none where they cannot be found out now.
    """

    networks: tuple[Network, ...] = ()
    addresses_of: Callable[[str], Sequence[str]] = _unknown


PUBLIC = Targets()


def check(url: str, events: Sequence[str], description: str | None, state: str, *, targets: Targets) -> None:
    """Refuse a webhook that cannot work or may not be.

    Errors:  Malformed, with every fault.
    """
    faults = [*_of_url(url, targets), *_of_events(events)]
    if description is not None and len(description) > DESCRIPTION_LENGTH_MAX:
        text = f"A description has at most {DESCRIPTION_LENGTH_MAX} characters."
        faults.append(Fault("description", "too_long", text, "Shorten it."))
    if state not in STATES_TO_SET:
        text = f"A webhook cannot be set to {state!r}."
        faults.append(Fault("state", "not_a_choice", text, "Send active or paused."))
    if faults:
        raise Malformed(faults[0].code, faults[0].text, tuple(faults))


def _of_events(events: Sequence[str]) -> Iterator[Fault]:
    if not events:
        yield Fault(
            "events", "missing", "A webhook without events is never called.", f'Name events, or "{ANY}" for all.'
        )
    for place, event in enumerate(events):
        if not is_event(event):
            remedy = "Choose from: " + ", ".join([ANY, "order.*", "alert.*", *EVENTS]) + "."
            yield Fault(f"events[{place}]", "not_a_choice", f"There is no event {event!r}.", remedy)


def _of_url(url: str, targets: Targets) -> Iterator[Fault]:
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        host, port = "", None
    if not host or len(url) > URL_LENGTH_MAX or not url.isascii() or any(sign <= " " for sign in url):
        text = f"{url[:100]!r} is not the address of a receiver."
        yield Fault("url", "not_an_address", text, "Send a URL as https://shop.example.com/hooks.")
        return
    if parts.scheme not in {"https", "http"} or (parts.scheme == "http" and not targets.networks):
        yield Fault(
            "url", "https_required", "Messages are sent by https only.", "Send a URL that begins with https://."
        )
    if parts.username is not None or parts.password is not None or parts.fragment or port == 0:
        text = "A receiver's address holds no user, no password and no fragment."
        yield Fault("url", "not_an_address", text, "Messages are signed: verify webhook-signature instead.")
    yield from _of_host(host.lower(), targets)


def _of_host(host: str, targets: Targets) -> Iterator[Fault]:
    try:
        addresses: Sequence[str] = [str(ip_address(host))]
    except ValueError:
        addresses = targets.addresses_of(host)
        inside = host.endswith(_INSIDE) or "." not in host
        if inside and not any(is_allowed(address, targets.networks) for address in addresses):
            yield Fault("url", "address_refused", f"{host} is a name of an internal network.", _ALLOW)
            return
    refused = next((one for one in addresses if not may_be_called(one, targets.networks)), None)
    if refused is not None:
        yield Fault("url", "address_refused", f"{host} leads to {refused}, an internal address.", _ALLOW)
