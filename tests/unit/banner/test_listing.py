"""What is listed, when it is asked about again, and what a choice covers meanwhile."""

from dataclasses import replace

import pytest
from holdback.banner.consent.signed_choice import Choice
from holdback.banner.notice.listing import Listing
from holdback.banner.notice.site import SiteInfo
from holdback.proxy.rules.model import Purpose, Service
from holdback.store.site.editions import Edition, Kept

SITE = SiteInfo("Example Shop", declared=("acme",))
SERVICES = {
    one.id: one
    for one in (
        Service("acme", "Acme", Purpose.ANALYTICS),
        Service("beta", "Beta", Purpose.MARKETING),
        Service("film", "Film", Purpose.MEDIA),
        Service("pay", "Pay", Purpose.NECESSARY),
    )
}


def listing(site: SiteInfo = SITE, *kept: Edition, closed: bool = False) -> Listing:
    made = Listing(site, SERVICES)
    made.use(Kept([*kept, made.begun(kept[-1] if kept else None, ())], int(closed)))
    return made


def choice(edition: Edition, *services: str) -> Choice:
    purposes = frozenset(SERVICES[service].purpose for service in services)
    return Choice("0" * 8, 0, "shop.test", "00", purposes, frozenset(services), edition=edition.digest)


def test_only_what_is_declared_or_was_seen_is_listed() -> None:
    shop = listing()
    assert shop.current.services == {"acme": Purpose.ANALYTICS}
    for service in ("beta", "pay", "nobody knows"):
        shop.meet(service)
    assert dict(shop.current.services) == {
        "acme": Purpose.ANALYTICS,
        "beta": Purpose.MARKETING,
        "pay": Purpose.NECESSARY,
    }


def test_every_edition_that_may_have_been_shown_is_handed_on_and_known() -> None:
    shop = listing()
    before = shop.current
    shop.meet("beta")
    middle = shop.current
    shop.meet("film")
    assert shop.take() == [middle, shop.current]
    assert shop.take() == []
    assert [shop.named(one.digest) for one in (before, middle)] == [before, middle]
    assert shop.named("0" * 16) is None


def test_an_edition_that_was_answered_is_closed() -> None:
    shop = listing()
    shop.answered(shop.current)
    shop.meet("beta")
    assert "beta" not in shop.current.services
    assert shop.take() == []


def test_an_answer_to_an_earlier_edition_closes_nothing() -> None:
    shop = listing()
    before = shop.current
    shop.meet("beta")
    shop.answered(before)
    shop.meet("film")
    assert "film" in shop.current.services


def test_what_other_processes_made_is_in_force_here() -> None:
    shop = listing()
    epoch = shop.epoch
    theirs = shop.grown(shop.current, ("film",))
    shop.use(Kept([shop.current, theirs], closed_until_ms=9))
    assert (shop.current, shop.named(theirs.digest)) == (theirs, theirs)
    assert shop.epoch > epoch
    shop.meet("beta")
    assert shop.current == theirs


def test_what_was_met_meanwhile_is_not_lost_to_what_the_store_had() -> None:
    shop = listing()
    had = shop.current
    shop.meet("beta")
    shop.use(Kept([had]))
    assert "beta" in shop.current.services


def test_processes_with_different_settings_do_not_correct_each_other() -> None:
    one, other = listing(), listing(SiteInfo("Another", declared=("film",)))
    newest = one.current
    for _ in range(3):
        following = other.grown(newest, ())
        newest = one.grown(following, ())
        assert newest == following == one.current


def test_a_start_takes_over_what_is_known_and_drops_what_is_not() -> None:
    old = Edition("Example Shop", {"beta": Purpose.ANALYTICS, "gone": Purpose.MEDIA})
    assert dict(listing(SITE, old).current.services) == {"acme": Purpose.ANALYTICS, "beta": Purpose.MARKETING}


def test_who_has_not_answered_is_asked() -> None:
    assert listing().is_due(None)
    assert listing().new_since(None) == frozenset()


def test_who_allowed_something_is_asked_about_what_is_new() -> None:
    shop = listing()
    granted, refused = choice(shop.current, "acme"), choice(shop.current)
    assert not shop.is_due(granted)
    shop.meet("beta")
    assert shop.is_due(granted)
    assert shop.new_since(granted) == {"beta"}
    assert not shop.is_due(refused)


def test_who_refused_is_asked_about_what_the_owner_declares_anew() -> None:
    old = listing()
    refused = choice(old.current)
    assert listing(replace(SITE, declared=("acme", "film")), old.current).is_due(refused)


@pytest.mark.parametrize("granted", [(), ("acme",)])
def test_a_necessary_service_is_nothing_to_ask_about(granted: tuple[str, ...]) -> None:
    shop = listing()
    before = choice(shop.current, *granted)
    shop.meet("pay")
    assert not shop.is_due(before)


def test_another_purpose_and_another_controller_are_asked_about() -> None:
    old = Edition("Example Shop", {"acme": Purpose.MARKETING})
    shop = listing(SITE, old)
    assert shop.is_due(choice(old, "acme"))
    assert shop.new_since(choice(old, "acme")) == {"acme"}
    renamed = listing(replace(SITE, name="Another Shop"), shop.current)
    assert renamed.is_due(choice(shop.current))


def test_an_edition_that_nobody_knows_is_asked_about_again() -> None:
    assert listing().is_due(choice(Edition("", {"beta": Purpose.MEDIA}), "acme"))
