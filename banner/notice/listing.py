"""What a notice lists: the services that the owner declares, and those that the site was seen to use.

A list of all that is known anywhere would inform nobody of what this site does. It comes in editions
(:mod:`...store.site.editions`): a choice covers the services of its edition. What turns up later is held until the
visitor was asked for it, and the choice before stands for the rest.
"""

import threading
from collections.abc import Collection, Mapping

from ...proxy.rules.model import Purpose, Service
from ...store.site.editions import Edition, Kept
from ..consent.signed_choice import Choice
from .site import SiteInfo


class Listing:
    """The edition in force, and those before. :meth:`meet` and :meth:`use` may be called from different threads.

    *site* names the services that its owner declares; *services* are all that are known.
    """

    def __init__(self, site: SiteInfo, services: Mapping[str, Service]) -> None:
        self._site = site
        self._services = services
        self._lock = threading.Lock()
        self._made: list[Edition] = []
        self._is_open = True
        self._known: dict[str, Edition] = {}
        self._saved: set[str] = set()
        self.current = self.begun(None, ())
        self.epoch = 0
        """Another number for each edition that was in force."""
        self._put_in_force(self.current)

    def begun(self, newest: Edition | None, seen: Collection[str]) -> Edition:
        """The edition that follows *newest* when a process starts: its settings and rules may be others than before.

        The services of the ids *seen* are in it, and those that are declared; those that are known no longer go.
        """
        listed = {*self._site.declared, *seen, *(newest.services if newest is not None else ())}
        return Edition(self._site.name, self._purposes(listed))

    def grown(self, newest: Edition | None, seen: Collection[str]) -> Edition:
        """The edition that follows *newest* while processes run, with the services of the ids *seen*.

        It only grows: two processes with different settings would else correct each other for ever.
        """
        if newest is None:
            return self.begun(None, seen)
        return Edition(newest.site, {**self._purposes(seen), **newest.services})

    def _purposes(self, services: Collection[str]) -> dict[str, Purpose]:
        known = self._services
        return {service: known[service].purpose for service in services if service in known}

    def meet(self, service: str) -> None:
        """The site was seen to use the service of this id: it is listed from now on, unless this edition is closed."""
        if not self._is_open or service in self.current.services:
            return
        with self._lock:
            edition = self.grown(self.current, (service,))
            if edition.digest != self.current.digest:
                self._made.append(edition)
                self._put_in_force(edition)

    def answered(self, edition: Edition) -> None:
        """A visitor has answered *edition*: if it is the one in force, what is new waits for the next one."""
        if edition.digest == self.current.digest:
            self._is_open = False

    def take(self) -> list[Edition]:
        """The editions that :meth:`meet` has made since the last time, and that the store does not have yet."""
        with self._lock:
            made, self._made = self._made, []
        return made

    def use(self, kept: Kept) -> None:
        """Go on with what the store has."""
        with self._lock:
            for edition in kept.editions:
                self._known.setdefault(edition.digest, edition)
                self._saved.add(edition.digest)
            self._is_open = not kept.closed_until_ms
            newest = kept.editions[-1]
            if newest.digest != self.current.digest and not self._made:
                self._put_in_force(newest)

    def _put_in_force(self, edition: Edition) -> None:
        self._known[edition.digest] = edition
        self.current = edition
        self.epoch += 1

    def untold(self, edition: Edition) -> tuple[str, ...]:
        """The ids of what *edition* lists, as long as other processes may not know of it; then none."""
        return () if edition.digest in self._saved else tuple(sorted(edition.services))

    def told(self, digest: str, services: Collection[str]) -> Edition | None:
        """The edition of this *digest* that another process has just made of *services*; None if it is not that."""
        edition = Edition(self._site.name, self._purposes(services))
        if edition.digest != digest:
            return None
        with self._lock:
            self._made.append(edition)
            self._known[digest] = edition
        return edition

    def named(self, digest: str) -> Edition | None:
        """The edition of this digest; None if it is not known here."""
        return self._known.get(digest)

    def is_due(self, choice: Choice | None) -> bool:
        """Whether a visitor is to be asked: they have not answered, or what is asked about has changed since.

        It has changed where somebody else is responsible, where the owner declares another service, or where services
        turned up on the site and the visitor had allowed some. Visitors who refused everything are not asked again for
        those.
        """
        if choice is None:
            return True
        if choice.edition == self.current.digest:
            return False
        before = self._known.get(choice.edition)
        if before is None or before.site != self.current.site:
            return True
        new = self._new(before)
        return bool(new) and (
            bool(choice.services or choice.purposes) or not new.isdisjoint(self._site.declared)
        )

    def new_since(self, choice: Choice | None) -> frozenset[str]:
        """The ids of the services that were added since *choice* was made, where that is known."""
        before = self._known.get(choice.edition) if choice is not None else None
        return self._new(before) if before is not None else frozenset()

    def _new(self, before: Edition) -> frozenset[str]:
        return frozenset(
            service
            for service, purpose in self.current.services.items()
            if purpose is not Purpose.NECESSARY and before.services.get(service) != purpose
        )
