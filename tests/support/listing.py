"""A listing without a store: everything that is known is used by the site."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from holdback.banner.notice.listing import Listing
from holdback.banner.notice.notice import Known, Notices
from holdback.banner.notice.site import SiteInfo
from holdback.proxy.rules.model import Service


def listing_all(site: SiteInfo, services: Mapping[str, Service]) -> Listing:
    """What a notice lists where *site* uses all *services*."""
    return Listing(replace(site, declared=tuple(services)), services)


def notices_of_all(site: SiteInfo, rules: Known) -> Notices:
    """The notices of such a *site*."""
    return Notices(site, rules, listing_all(site, rules.services))


def notices_of(site: SiteInfo, rules: Known, used: Collection[str]) -> Notices:
    """The notices of a *site* that uses some services alone, by their ids."""
    return Notices(site, rules, Listing(replace(site, declared=tuple(used)), rules.services))
