"""Names of the browser's that a page takes for its own: the guard goes on with what it began with.

``var origin = 'Hamburg'`` in an ordinary script takes the place of ``window.origin``, and ``<img name=baseURI>`` that
of ``document.baseURI``. Nobody means harm by it, and held it is all the same.
"""

import pytest

from tests.support.engines import choose
from tests.support.guarded import Site
from tests.support.processes import until
from tests.support.recording import Recorder

from .support import Opened, settled

pytestmark = [pytest.mark.browser, pytest.mark.both_engines("long")]

# Markup that comes before the calls.
TAKEN = {
    "length": "<script>var length = 0</script>",
    "origin": "<script>var origin = 'Hamburg'</script>",
    "Range": "<script>var Range = 'wide', Node = 1, Element = 2</script>",
    "self": "<script>var self = { name: 'me' }</script>",
    "traps": "<script>Object.prototype.has = Object.prototype.apply = Object.prototype.ownKeys = () => 'mine'</script>",
    "baseURI": "<img name=baseURI alt=''><img name=head alt=''>",
}
# With these no descriptor is one, and many a call of the browser's own throws.
DESCRIPTORS = "<script>Object.prototype.get = Object.prototype.set = () => 'mine'</script>"
TRACK = """<script>
  new Image().src = 'T/pixel';
  new Image().src = '/acme/collect?pixel';
  fetch('T/fetch').catch(() => {});
  fetch('acme/collect?fetch').catch(() => {});
  navigator.sendBeacon('T/beacon', 'x');
  document.body.append(document.createElement('iframe'));
  new window[0].Image().src = 'T/frame';
  window[0].fetch('T/frame').catch(() => {});
  document.body.insertAdjacentHTML('beforeend', '<img src="T/markup" alt="">');
  const box = document.createElement('p');
  document.body.append(box);
  box.style.background = 'url(T/style)';
  document.cookie = 'acme_c=1';
  localStorage.setItem('acme:x', '1');
</script><p id=end>The site goes on.</p>"""


@pytest.mark.parametrize("before", [*TAKEN.values(), DESCRIPTORS], ids=[*TAKEN.keys(), "descriptors"])
def test_nothing_gets_past(before: str, opened: Opened, site: Site, tracker: Recorder) -> None:
    page = opened(before + TRACK)
    settled(page)
    assert tracker.requests == []
    assert site.received("/acme/collect") == []
    assert page.context.cookies() == []
    assert page.locator("#end").is_visible()
    assert page.evaluate("window[0].Image.prototype.constructor != Image")


@pytest.mark.parametrize("before", TAKEN.values(), ids=TAKEN.keys())
def test_what_is_not_held_works(before: str, opened: Opened, site: Site, tracker: Recorder) -> None:
    page = opened(
        f"""{before}<p id=made></p><script>
        document.getElementById('made').style.color = 'red';
        fetch('/own?fetch');
        new Image().src = '/own?pixel';
        made.innerHTML = '<b>bold</b>';
        document.cookie = 'own=1';
        const frame = document.createElement('iframe');
        document.body.append(frame);
        for (const {{ body }} of [document, frame.contentDocument]) {{
          const range = body.ownerDocument.createRange();
          range.selectNodeContents(body);
          range.insertNode(Object.assign(body.ownerDocument.createElement('i'), {{ id: 'there', textContent: 'put' }}));
        }}
        new Image().src = 'T/free'.replace('tracker', 'mixed');
        </script>"""
    )
    settled(page)
    assert len(site.received("/own")) == 2
    assert len(tracker.received("/free")) == 1, (
        "one path of that host is held, which only the guard's file tells"
    )
    assert page.locator("#made b").inner_text() == "bold"
    assert page.locator("#there").inner_text() == "put"
    assert page.frame_locator("iframe").locator("#there").inner_text() == "put"
    assert page.evaluate("[document.getElementById('made').style.color, document.cookie]") == ["red", "own=1"]


def test_a_choice_is_sent_past_a_polyfill_that_knows_no_button(opened: Opened, site: Site) -> None:
    page = opened("<script>var FormData = function () {}, URLSearchParams = function () {}</script>")
    choose(page, "accept-all")
    until(lambda: page.wait_for_timeout(20) or site.received("/choice"), "the choice")
    assert "action=accept-all" in site.received("/choice")[0]


def test_what_is_written_only_to_be_read_reaches_no_element_of_the_page(
    opened: Opened, tracker: Recorder
) -> None:
    page = opened(
        """<p id=own></p><script>
        const own = document.getElementById('own');
        document.createElement = () => own;
        document.body.insertAdjacentHTML('beforeend', `<img src='<img src="T/leak.gif">&amp;'>`);
        </script>"""
    )
    settled(page)
    assert [request.target for request in tracker.requests] == []
    assert page.evaluate("own.childNodes.length") == 0
