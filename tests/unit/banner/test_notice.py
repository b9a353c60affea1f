"""The notice as markup: equal buttons, nothing ticked, small, isolated, and the same hash for the same text."""

import gzip
import hashlib
import re
from html import escape
from html.parser import HTMLParser

import pytest
from holdback.banner.notice.languages import LANGUAGES, direction
from holdback.banner.notice.notice import Notice
from holdback.banner.notice.site import SiteInfo
from holdback.proxy.rules.model import ASKED, Purpose, Regime, Released, Service

from tests.support.listing import notices_of_all
from tests.support.services import EVERYTHING, RULES, SERVICES, Rules

SITE = SiteInfo("Example Shop", "/privacy", "privacy@shop.test", ("acme",))
NOTICES = notices_of_all(SITE, RULES)
NOTHING = Released()
ALL = Released(frozenset(Purpose), EVERYTHING)
VARIANTS = NOTICES.all("shop.test")
TOKEN = "x" * 220


def markup(notice: Notice, state: Released = NOTHING, *, opened: bool = True, answered: bool = False) -> str:
    return notice.fragment(
        action="https://shop.test/_hb/choice", token=TOKEN, state=state, open=opened, answered=answered
    ).decode("ascii")


def english(regime: Regime = Regime.OPT_IN, gpc: bool = False) -> Notice:
    return NOTICES.pick("en", regime, gpc, "shop.test")


class Elements(HTMLParser):
    """Start tags with their attributes, and the text inside each button."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.buttons: list[tuple[dict[str, str | None], str]] = []
        self._inside = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "button":
            self.buttons.append((dict(attrs), ""))
            self._inside = True

    def handle_endtag(self, tag: str) -> None:
        if tag == "button":
            self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside:
            attributes, text = self.buttons[-1]
            self.buttons[-1] = (attributes, text + data)


@pytest.mark.parametrize("notice", VARIANTS, ids=lambda n: f"{n.language}-{n.regime}-{n.gpc}")
class TestEveryVariant:
    def test_accept_and_reject_are_the_same_element_with_the_same_attributes(self, notice: Notice) -> None:
        row = re.search(r'<div class="a">(.*?)</div>', markup(notice))
        assert row is not None
        save, (reject, reject_text), (accept, accept_text) = Elements(row[1]).buttons
        assert save[0] == {
            "class": "e",
            "name": "action",
            "value": "save",
        }  # it comes with the list of purposes
        assert (reject.pop("value"), accept.pop("value")) == ("reject-all", "accept-all")
        assert reject == accept == {"name": "action"}
        assert reject_text
        assert accept_text

    def test_nothing_is_ticked_before_a_choice(self, notice: Notice) -> None:
        for html in (markup(notice), notice.html.decode()):
            ticked = [attrs for tag, attrs in Elements(html).tags if tag == "input" and "checked" in attrs]
            assert all("disabled" in attrs for attrs in ticked)

    def test_every_purpose_has_a_name_and_a_description_on_the_first_layer(self, notice: Notice) -> None:
        boxes = [attrs for _, attrs in Elements(markup(notice)).tags if attrs.get("name") == "purpose"]
        assert [box["value"] for box in boxes] == [purpose.value for purpose in ASKED]
        assert all(box["aria-describedby"] for box in boxes)

    def test_no_name_that_blockers_hide(self, notice: Notice) -> None:
        for html in (markup(notice), notice.html.decode()):
            named = [
                value or ""
                for tag, attrs in Elements(html).tags
                for name, value in [("tag", tag), *attrs.items()]
                if name in {"tag", "id", "class", "href", "action", "name"}
            ]
            assert not [
                name for name in named if re.search("cookie|consent|gdpr|banner", name, re.IGNORECASE)
            ]

    def test_the_first_layer_fits_its_budget(self, notice: Notice) -> None:
        size = len(gzip.compress(markup(notice).encode(), 6))
        assert size <= (3072 if notice.language == "en" else 4096)

    def test_the_hash_is_that_of_the_text_with_both_layers(self, notice: Notice) -> None:
        assert hashlib.sha256(notice.html).hexdigest() == notice.hash
        assert notice.html.count(b"<hb-notice") == 1
        for service in EVERYTHING:
            assert f'value="{service}"'.encode() in notice.html

    def test_no_slot_is_left(self, notice: Notice) -> None:
        assert b"\0" not in notice.html
        assert "\0" not in markup(notice)

    def test_it_says_its_language_and_direction(self, notice: Notice) -> None:
        way = direction(notice.language)
        assert markup(notice).startswith(f'<hb-notice lang="{notice.language}" dir="{way}" data-nosnippet>')


def test_variants_differ_in_their_hash() -> None:
    assert len({notice.hash for notice in VARIANTS}) == len(VARIANTS) == len(LANGUAGES) * len(Regime) * 2


def test_two_processes_have_the_same_hashes() -> None:
    assert [notice.hash for notice in notices_of_all(SITE, RULES).all("shop.test")] == [
        n.hash for n in VARIANTS
    ]


def test_a_listed_service_changes_the_hash() -> None:
    more = Rules({**SERVICES, "new": Service("new", "New", Purpose.MEDIA)})
    assert notices_of_all(SITE, more).pick("en", Regime.OPT_IN, False, "shop.test").hash != english().hash


def test_without_a_name_the_notice_names_the_host() -> None:
    notices = notices_of_all(SiteInfo(), RULES)
    one, other = (notices.pick("en", Regime.OPT_IN, False, host) for host in ("shop.test:8080", "<b>.test"))
    assert "Your privacy at shop.test<" in markup(one)
    assert "Your privacy at &lt;b&gt;.test<" in markup(other)
    assert one.hash != other.hash
    assert b"shop.test" in one.html


def test_with_a_name_the_host_does_not_matter() -> None:
    assert NOTICES.pick("en", Regime.OPT_IN, False, "a.test") is NOTICES.pick(
        "en", Regime.OPT_IN, False, "b.test"
    )


def test_an_unknown_language_is_english() -> None:
    assert NOTICES.pick("xx", Regime.OPT_IN, False, "shop.test").language == "en"


def test_everything_filled_in_is_escaped() -> None:
    html = english().fragment(
        action='https://shop.test/"x/_hb/choice',
        token='"><b>',
        state=NOTHING,
        open=False,
        nonce='"n',
    )
    assert b"<script" not in html
    assert b"<b>" not in html.partition(b"token")[2][:40]
    assert b'nonce="&quot;n"' in html


def test_links_and_forms_are_absolute_whatever_the_base_is() -> None:
    addresses = [
        value
        for _, attrs in Elements(markup(english())).tags
        for name, value in attrs.items()
        if name in {"href", "action"}
    ]
    assert addresses
    assert all(value and value.startswith("https://shop.test/") for value in addresses)
    assert "https://shop.test/_hb/choices" in addresses
    assert "https://shop.test/privacy" in addresses


@pytest.mark.parametrize(
    ("state", "status"),
    [
        (NOTHING, "none"),
        (Released(frozenset({Purpose.NECESSARY, Purpose.MEDIA}), frozenset({"youtube"})), "some"),
        (ALL, "all"),
    ],
)
def test_the_control_shows_the_state(state: Released, status: str) -> None:
    html = markup(english(), state, opened=False)
    assert f'data-state="{status}"' in html
    assert english().label(state) in html
    assert '<details class="n">' in html
    ticked = [a["value"] for t, a in Elements(html).tags if a.get("name") == "purpose" and "checked" in a]
    assert ticked == [purpose.value for purpose in ASKED if purpose in state.purposes]


def test_open_shows_the_notice() -> None:
    assert '<details class="n" open>' in markup(english())


@pytest.mark.parametrize("regime", Regime)
@pytest.mark.parametrize("language", LANGUAGES)
def test_who_has_answered_gets_the_control_alone(language: str, regime: Regime) -> None:
    """With the same words, the same state, a link to all that the notice says, and the way back in one click."""
    notice = NOTICES.pick(language, regime, False, "shop.test")
    html = markup(notice, ALL, opened=False, answered=True)
    assert "<details" not in html
    parsed = Elements(html)
    (button,) = parsed.buttons
    assert button[0] == {"class": "w", "name": "action", "value": "reject-all"}
    (form,) = [attributes for tag, attributes in parsed.tags if tag == "form"]
    assert form == {"method": "post", "action": "https://shop.test/_hb/choice"}
    assert [a.get("value") for t, a in parsed.tags if t == "input"] == [TOKEN]
    links = [a["href"] for t, a in parsed.tags if t == "a"]
    assert links == ["https://shop.test/_hb/choices"] * 2
    assert 'data-state="all"' in html
    assert escape(notice.label(ALL)).encode("ascii", "xmlcharrefreplace").decode() in html
    whole = Elements(markup(notice, ALL, opened=False))
    assert [text for attributes, text in whole.buttons if attributes.get("class") == "w"] == [button[1]]


def test_the_shadow_root_is_closed_and_the_light_tree_has_a_link_for_old_browsers() -> None:
    html = markup(english())
    assert '<template shadowrootmode="closed">' in html
    assert re.search(
        r'</template><a href="https://shop.test/_hb/choices[^"]*">Privacy choices</a></hb-notice>$', html
    )


def test_no_style_attribute_that_a_policy_would_refuse() -> None:
    assert not [tag for tag, attrs in Elements(markup(english())).tags if "style" in attrs]


def test_the_signal_is_told_and_honoured_in_the_words_of_the_law() -> None:
    assert "Opt-Out Request Honored" in markup(english(Regime.OPT_OUT, gpc=True))
    assert "Opt-Out Request Honored" not in markup(english(Regime.OPT_OUT))
    assert "Your Privacy Choices" in markup(english(Regime.OPT_OUT))
    assert "Global Privacy Control" in markup(english(Regime.OPT_IN, gpc=True))
