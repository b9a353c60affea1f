"""A small rulebook for the banner's tests: a service or two for every purpose."""

from collections.abc import Mapping
from dataclasses import dataclass

from holdback.proxy.rules.model import Purpose, Service

ACME = """
[[service]]
name = "Acme Metrics"
purpose = "analytics"
hosts = ["tracker.test"]
cookies = ["acme_*"]
paths = ["/acme/"]
"""
"""A service of the site's owner, as the settings have it."""
SERVICES = {
    service.id: service
    for service in (
        Service(
            "google-analytics",
            "Google Analytics",
            Purpose.ANALYTICS,
            vendor="Google Ireland Limited",
            hosts=("*.google-analytics.com",),
            cookies=("_ga", "_ga_*"),
            retention="2 years",
            privacy="https://policies.google.com/privacy",
            shares=True,
        ),
        Service("acme", "Acme <Metrics>", Purpose.ANALYTICS, paths=("/acme/collect",), storage=("acme:*",)),
        Service("meta-pixel", "Meta Pixel", Purpose.MARKETING, vendor="Meta", cookies=("_fbp",), shares=True),
        Service("youtube", "YouTube", Purpose.MEDIA, hosts=("youtube.com",)),
        Service("intercom", "Intercom", Purpose.PREFERENCES, hosts=("intercom.io",)),
        Service("stripe", "Stripe", Purpose.NECESSARY, hosts=("js.stripe.com",)),
    )
}


@dataclass(frozen=True)
class Rules:
    services: Mapping[str, Service]
    digest: str = "d" * 64


RULES = Rules(SERVICES)
EVERYTHING = frozenset(
    service.id for service in SERVICES.values() if service.purpose is not Purpose.NECESSARY
)
