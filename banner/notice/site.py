"""The site's controller, as far as visitors are told."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SiteInfo:
    """The controller: ``name``, ``privacy_policy`` (a path on the site or a URL), ``contact``, postal ``address``.

    All may be empty: then the notice names the host, and records say that no controller was named. ``declared`` are
    the ids of the services that the owner's settings name; they are listed first, and a new one is reason to ask
    again. ``choice_days`` is how long an answer stands.
    """

    name: str = ""
    privacy_policy: str = ""
    contact: str = ""
    declared: tuple[str, ...] = ()
    choice_days: int = 180
    address: str = ""
