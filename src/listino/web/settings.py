"""What of the doors an installation may set."""

from dataclasses import dataclass

from listino.core.findings import USUAL, Checks
from listino.core.quotes import Secret
from listino.flows.webhook_checks import PUBLIC, Targets

QUOTE_MINUTES = 30
PUBLIC_MAX_AGE_S = 10


@dataclass(frozen=True, slots=True)
class WebSettings:
    """The settings of the doors.

    `base_path` is what a reverse proxy puts before our paths; `trusted_proxies` are the addresses
    whose X-Forwarded headers are believed; `public_url` is printed instead of the request's own; quotes
    hold for `quote_minutes`, and are signed by the first of `quote_secrets` (none: those of the database);
    `checks` says what becomes of what is noticed when facts are saved; `sampled` keeps an answer in a while, to
    be compared with the management system's own price; `hands_over`: orders go to a management system, of which
    a worker takes care; `webhook_targets` where webhooks may lead; `token_secrets` sign tokens for browsers as
    `quote_secrets` do quotes, and what a public token is answered may be kept by anybody for `public_max_age_s`.
    """

    base_path: str = ""
    trusted_proxies: tuple[str, ...] = ()
    public_url: str | None = None
    metrics_folder: str | None = None
    quote_minutes: int = QUOTE_MINUTES
    quote_secrets: tuple[Secret, ...] = ()
    checks: Checks = USUAL
    sampled: bool = False
    hands_over: bool = False
    webhook_targets: Targets = PUBLIC
    token_secrets: tuple[Secret, ...] = ()
    public_max_age_s: int = PUBLIC_MAX_AGE_S
