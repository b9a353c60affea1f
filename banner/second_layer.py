"""The second layer: a page of its own that lists every service, with what it keeps and who gets it.

It is an ordinary form. A purpose that is switched on allows all services under it; services that are ticked allow only
those. It works without script, and is what a visitor gets who answers with a form that has grown too old.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from types import ModuleType
from typing import Any

from babel.dates import format_date, format_timedelta

from ..proxy.rules.model import ASKED, Purpose, Regime, Released, Service
from .signed import Choice
from .site import SiteInfo
from .templating import environment, stylesheet


@dataclass(frozen=True, slots=True)
class Group:
    """The services of one purpose, those first that the owner declared."""

    purpose: Purpose
    services: tuple[Service, ...]


class SecondLayer:
    """The page in one language, for one regime and state of the GPC signal."""

    def __init__(
        self, site: SiteInfo, services: Mapping[str, Service], language: str, regime: Regime, gpc: bool
    ) -> None:
        self._language = language
        self._environment = environment(language)
        self._shared: dict[str, Any] = {
            "regime": regime.value,
            "gpc": gpc,
            "css": stylesheet("page.css"),
            "contact": site.contact,
            "policy": site.privacy_policy,
            "lifetime": format_timedelta(timedelta(days=site.choice_days), threshold=1.2, locale=language),
            "necessary": _group(Purpose.NECESSARY, site, services),
            "asked": [group for purpose in ASKED if (group := _group(purpose, site, services)).services],
        }

    @property
    def asked(self) -> list[Group]:
        """The groups that a visitor is asked about; a purpose without services is none of them."""
        asked: list[Group] = self._shared["asked"]
        return asked

    @cached_property
    def states(self) -> dict[str, str]:
        """The words for ``none``, ``some`` and ``all``."""
        return dict(getattr(self._module("purposes.html"), "states"))  # noqa: B009

    def _module(self, template: str) -> ModuleType:
        module: ModuleType = self._environment.get_template(template).make_module(self._shared)  # type: ignore[assignment]
        return module

    def render(
        self,
        *,
        site: str,
        action: str,
        token: str,
        return_path: str,
        state: Released,
        status: str = "none",
        choice: Choice | None = None,
        receipt: str = "",
        message: str = "",
    ) -> str:
        """The page for a visitor for whom *state* is released.

        *message*, a key of :attr:`messages`, says why they see it unasked.
        """
        return self._environment.get_template("choices.html").render(
            self._shared,
            site=site,
            action=action,
            token=token,
            return_path=return_path,
            state=state,
            status=status,
            since=self._date(choice.at) if choice else "",
            receipt=receipt,
            message=self.messages[message] if message else "",
        )

    @cached_property
    def messages(self) -> dict[str, str]:
        """What is said when an answer was not taken, by what was wrong with it."""
        return dict(getattr(self._module("messages.html"), "messages"))  # noqa: B009

    @cached_property
    def no_record(self) -> str:
        """That the log holds no answer of this visitor."""
        return str(self._module("messages.html").no_record)

    def message(self, text: str) -> str:
        """A page that says that nothing was saved, and why."""
        title = self._module("messages.html").nothing_saved
        return self._environment.get_template("message.html").render(
            self._shared, title=title, message=text, back="/"
        )

    def embed(self, **facts: Any) -> str:
        """What stands in a frame while the service that belongs there is held; *facts* as ``embed.html`` has them."""
        return self._environment.get_template("embed.html").render(
            self._shared | {"css": stylesheet("embed.css")}, **facts
        )

    def receipt(self, **facts: Any) -> str:
        """The page with a visitor's own records; *facts* are what ``receipt.html`` shows."""
        return self._environment.get_template("receipt.html").render(self._shared, **facts)

    def _date(self, at: int) -> str:
        return format_date(datetime.fromtimestamp(at, UTC), format="long", locale=self._language)


def _group(purpose: Purpose, site: SiteInfo, services: Mapping[str, Service]) -> Group:
    def order(service: Service) -> tuple[bool, str]:
        return service.id not in site.declared, service.name.casefold()

    return Group(purpose, tuple(sorted((s for s in services.values() if s.purpose is purpose), key=order)))
