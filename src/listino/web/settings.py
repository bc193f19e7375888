"""What of the doors an installation may set."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WebSettings:
    """The settings of the doors.

    `base_path` is what a reverse proxy puts before our paths; `trusted_proxies` are the addresses
    whose X-Forwarded headers are believed; `public_url` is printed instead of the request's own.
    """

    base_path: str = ""
    trusted_proxies: tuple[str, ...] = ()
    public_url: str | None = None
    metrics_folder: str | None = None
