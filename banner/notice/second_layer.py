"""The second layer: a page of its own that lists every service, with what it keeps and who gets it.

It is an ordinary form. A purpose that is switched on allows all services under it; services that are ticked allow only
those. It works without script, and is what a visitor gets who answers with a form that has grown too old.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from types import ModuleType
from typing import Any

from babel.dates import format_date, format_timedelta
from markupsafe import Markup

from ...proxy.rules.model import ALWAYS_ASKED, ASKED, Purpose, Regime, Released, Service
from ..consent.signed_choice import Choice
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
        self, site: SiteInfo, services: Iterable[Service], language: str, regime: Regime, gpc: bool
    ) -> None:
        by_purpose: dict[Purpose, list[Service]] = {purpose: [] for purpose in Purpose}
        for service in services:
            by_purpose[service.purpose].append(service)
        groups = {purpose: _group(purpose, site, found) for purpose, found in by_purpose.items()}
        self._language = language
        self._environment = environment(language)
        self._asked = [
            groups[purpose] for purpose in ASKED if purpose in ALWAYS_ASKED or groups[purpose].services
        ]
        self._shared: dict[str, Any] = {
            "regime": regime.value,
            "gpc": gpc,
            "css": stylesheet("page.css"),
            "contact": site.contact,
            "policy": site.privacy_policy,
            "alone": self.alone,
            "lifetime": format_timedelta(timedelta(days=site.choice_days), threshold=1.2, locale=language),
            "necessary": groups[Purpose.NECESSARY],
            "asked": self._asked,
        }

    @property
    def asked(self) -> list[Group]:
        """The groups that a visitor is asked about; a purpose without services is none of them, but for analytics."""
        return self._asked

    @property
    def alone(self) -> bool:
        """Whether the site uses no service that is asked about."""
        return not any(group.services for group in self.asked)

    @property
    def counts_alone(self) -> bool:
        """Whether nobody but the site itself measures visits here."""
        return not any(group.services for group in self.asked if group.purpose is Purpose.ANALYTICS)

    def added(self, names: Markup) -> str:
        """That the services with these *names* are new since the visitor answered."""
        return str(getattr(self._module("wording.html"), "added")(names))  # noqa: B009

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
        new: Collection[str] = (),
    ) -> str:
        """The page for a visitor for whom *state* is released.

        *message*, a key of :attr:`messages`, says why they see it unasked; *new* are the names of services that were
        added since they answered.
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
            new=", ".join(new),
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


def _group(purpose: Purpose, site: SiteInfo, services: Iterable[Service]) -> Group:
    def order(service: Service) -> tuple[bool, str]:
        return service.id not in site.declared, service.name.casefold()

    return Group(purpose, tuple(sorted(services, key=order)))
