"""The addresses of the demo, and the settings under which Holdback stands in front of its shop."""

from dataclasses import dataclass
from typing import Any

SERVICES: tuple[dict[str, Any], ...] = (
    {
        "name": "Gaggle Analytics",
        "vendor": "stand-in for Google Analytics",
        "purpose": "analytics",
        "hosts": ["gaggle.localhost"],
        "cookies": ["_ga", "_ga_*"],
        "retention": "13 months",
    },
    {
        "name": "Warmjar",
        "vendor": "stand-in for Hotjar",
        "purpose": "analytics",
        "hosts": ["warmjar.localhost"],
        "cookies": ["_hjSession*"],
        "storage": ["_hj*"],
        "retention": "1 year",
    },
    {
        "name": "Shop insights",
        "vendor": "stand-in for a server-side tag manager on the shop's own host",
        "purpose": "analytics",
        "paths": ["/insights/collect"],
        "cookies": ["FPID"],
        "retention": "13 months",
    },
    {
        "name": "Metta Pixel",
        "vendor": "stand-in for the Meta pixel",
        "purpose": "marketing",
        "hosts": ["metta.localhost"],
        "cookies": ["_fbp"],
        "scripts": ["mtq('init'"],
        "shares": True,
        "retention": "3 months",
    },
    {
        "name": "ViewTube",
        "vendor": "stand-in for a video platform",
        "purpose": "media",
        "hosts": ["viewtube.localhost"],
        "retention": "6 months",
    },
)
"""The demo's ``[[service]]`` tables: what the owner of the shop would declare."""


@dataclass(frozen=True, slots=True)
class Scenery:
    """Where everything is. ``port`` is Holdback's, ``stage`` that of the shop and the trackers."""

    port: int
    stage: int

    @property
    def shop(self) -> str:
        """The shop behind Holdback."""
        return f"http://shop.localhost:{self.port}/"

    @property
    def plain(self) -> str:
        """The same shop, nothing in front of it."""
        return f"http://plain.localhost:{self.stage}/"

    @property
    def received(self) -> str:
        """The page that shows what the trackers received."""
        return f"http://trackers.localhost:{self.stage}/"

    def tracker(self, name: str) -> str:
        """The origin of the tracker called *name*."""
        return f"http://{name}.localhost:{self.stage}"

    def behind(self, origin: str) -> bool:
        """Whether a page of *origin* (or with that Host) came through Holdback."""
        return origin.rstrip("/").endswith(f":{self.port}")

    def settings(self) -> dict[str, Any]:
        """What ``holdback serve`` would be told, as flags."""
        return {
            "upstream": f"http://127.0.0.1:{self.stage}",
            "listen": f"127.0.0.1:{self.port}",
            "site": {
                "name": "Fern & Clay",
                "privacy_policy": "/privacy",
                "contact": "hello@fern-and-clay.example",
            },
            "service": SERVICES,
        }
