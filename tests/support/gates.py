"""A gate as the proxy assembles it, but with nothing on a disk."""

from functools import cache

from holdback.banner.consent.recorded import Recorded
from holdback.banner.consent.signed_choice import Choice, ChoiceSigner, cookie_name
from holdback.banner.notice.form_token import TokenSigner
from holdback.banner.notice.listing import Listing
from holdback.banner.notice.notice import Notices
from holdback.banner.notice.site import SiteInfo
from holdback.proxy.gate.changes import Changes
from holdback.proxy.gate.gate import Gate, GateConfig
from holdback.proxy.gate.messages import Fault, RequestHead
from holdback.proxy.gate.sightings import Sightings
from holdback.proxy.http.headers import Headers
from holdback.proxy.rules.model import ASKED, Purpose, Service
from holdback.proxy.rules.places import Place, Places
from holdback.proxy.rules.rulebook import Rulebook

from .listing import listing_all

SECRET = b"s" * 32
GERMANY = Place("DE", None)
NOW = 1_800_000_000.0
ACME = Service(
    "acme-metrics",
    "Acme Metrics",
    Purpose.ANALYTICS,
    hosts=("tracker.test",),
    paths=("/acme/collect",),
    cookies=("acme_*",),
    storage=("acme:*",),
)


@cache
def _rules() -> Rulebook:
    return Rulebook.load([ACME])


@cache
def _notices_of_all() -> Notices:
    """Gates share them: to write a notice of all that is known takes 60 ms, and nothing is left that could turn up."""
    site = SiteInfo(name="Example Shop", declared=(ACME.id,))
    return Notices(site, _rules(), listing_all(site, _rules().services))


def _notices(declared: tuple[str, ...]) -> Notices:
    site = SiteInfo(name="Example Shop", declared=declared)
    return Notices(site, _rules(), Listing(site, _rules().services))


class Fixed(Places):
    """Every address is in one place."""

    def __init__(self, place: Place) -> None:
        super().__init__(None)
        self._place = place

    def locate(self, address: str) -> Place:
        """The one place."""
        return self._place


class TestGate:
    """A gate with what a test asks of it: a request from a browser, a choice, the outcome.

    Its site uses everything that is known, but where *declared* says what its owner declares.
    """

    __test__ = False

    def __init__(
        self,
        *,
        place: Place = GERMANY,
        config: GateConfig | None = None,
        declared: tuple[str, ...] | None = None,
    ) -> None:
        self.rulebook = _rules()
        self.notices = _notices_of_all() if declared is None else _notices(declared)
        self.listing = self.notices.listing
        self.signer = ChoiceSigner([SECRET], self.rulebook.services)
        self.tokens = TokenSigner([SECRET])
        self.recorded = Recorded()
        self.faults: list[Fault] = []
        self.sightings = Sightings(self.listing.meet)
        self.changes = Changes()
        self.gate = Gate(
            config or GateConfig(),
            rulebook=self.rulebook,
            notices=self.notices,
            signer=self.signer,
            tokens=self.tokens,
            places=Fixed(place),
            recorded=self.recorded,
            report=self.faults.append,
            sightings=self.sightings,
            changes=self.changes,
        )

    def cookie(self, *purposes: Purpose, scheme: str = "http", host: str = "site.test") -> bytes:
        """The signed cookie of a visitor who granted *purposes* and refused the rest."""
        choice = Choice(
            id="00000000-0000-4000-8000-000000000001",
            at=int(NOW) - 60,
            host=host,
            notice="ab" * 32,
            purposes=frozenset(purposes),
            services=frozenset(s.id for s in self.rulebook.services.values() if s.purpose in purposes),
            edition=self.listing.current.digest,
        )
        return f"{cookie_name(scheme)}={self.signer.sign(choice)}".encode()

    def everything(self) -> bytes:
        """The signed cookie of a visitor who granted all."""
        return self.cookie(*ASKED)


def head(
    target: str = "/",
    *headers: tuple[bytes, bytes],
    method: str = "GET",
    dest: str = "document",
    host: str = "site.test",
) -> RequestHead:
    """A request as a browser sends it."""
    sent: Headers = [(b"host", host.encode()), *headers]
    if dest:
        sent.append((b"sec-fetch-dest", dest.encode()))
    return RequestHead(method.encode(), target.encode(), sent, peer="203.0.113.9")
