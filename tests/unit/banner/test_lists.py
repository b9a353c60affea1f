"""What the guard is told of the owner's lists."""

from holdback.banner.guard.digests import digest
from holdback.banner.guard.lists import Lists
from holdback.proxy.rules.model import Purpose, Released

NOTHING = Released()
ANALYTICS = Released(purposes=frozenset({Purpose.ANALYTICS}))


class Rules:
    """A list of analytics that names ``spy.test``, but not on its own pages."""

    digest = "0123456789abcdef" * 4
    list_purposes = frozenset({Purpose.ANALYTICS, Purpose.MARKETING})
    asked = 0

    def listed(self, host: str, own_host: str) -> Purpose | None:
        self.asked += 1
        return Purpose.ANALYTICS if host == "spy.test" and own_host != "spy.test" else None


def test_where_to_ask_says_what_is_held() -> None:
    lists = Lists("/_hb", Rules())
    lists.learn(["spy.test"])
    assert lists.told(NOTHING, "shop.test").path == "/_hb/listed-0123456789abcdef/analytics+marketing/"
    assert lists.told(ANALYTICS, "shop.test").path == "/_hb/listed-0123456789abcdef/marketing/"
    assert lists.told(Released(purposes=frozenset(Purpose)), "shop.test") == ("", "")
    assert lists.told(NOTHING, "shop.test", asks=False) == ("", lists.told(NOTHING, "shop.test").judged)
    assert lists.told_to_worker(ANALYTICS) == ("/_hb/listed-0123456789abcdef/marketing/", "")


def test_what_is_said_of_the_sites_hosts() -> None:
    rules = Rules()
    lists = Lists("/_hb", rules)
    assert lists.told(NOTHING, "shop.test").judged == ""
    lists.learn(["spy.test", "cdn.test"])
    both = "".join(f"{digest(host)[:4]}{held}" for host, held in (("cdn.test", 0), ("spy.test", 1)))
    assert lists.told(NOTHING, "shop.test").judged == lists.told(NOTHING, "shop.test").judged == both
    assert rules.asked == 2
    assert lists.told(ANALYTICS, "shop.test").judged == both.replace("1", "0")
    assert lists.told(NOTHING, "spy.test").judged == both.replace("1", "0")


def test_a_page_is_told_of_the_latest_hosts_alone() -> None:
    lists = Lists("/_hb", Rules())
    lists.learn([f"host{number}.test" for number in range(99)])
    said = lists.told(NOTHING, "shop.test").judged
    assert len(said) == 40 * 5
    assert digest("host39.test")[:4] in said
    assert digest("host40.test")[:4] not in said
