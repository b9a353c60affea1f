"""The gate's first question: what becomes of a request."""

from dataclasses import dataclass, replace

from ...banner.consent.recorded import Recorded
from ...banner.consent.signed_choice import LIFETIME, ChoiceSigner
from ...banner.guard.files import GuardFiles
from ...banner.guard.lists import Lists
from ...banner.notice.form_token import TokenSigner
from ...banner.notice.notice import Notices
from ..http.headers import every, without
from ..rules.places import Places
from ..rules.rulebook import Rulebook
from .body.document_kinds import Kind, is_by_worker
from .body.inserts import Inserts
from .changes import Changes
from .decisions import Decision, Forward, Local, Refuse
from .endpoints import quiet_reply, sniffer
from .messages import Fault, Look, Report, RequestHead
from .request import framing, link_decoration
from .request.head_reader import HeadReader
from .request.trusted_hops import Trusted
from .request.visitors import Visitors
from .request.withheld_cookie import SAFE
from .sightings import Sightings
from .visit import Visit

_HOST = frozenset({b"host"})
_GPC_SUPPORT = b"/.well-known/gpc.json"


@dataclass(frozen=True, slots=True)
class GateConfig:
    """What the owner's settings say to the gate."""

    prefix: str = "/_hb"
    trusted_hops: Trusted = ()
    region_header: str | None = None
    strict: bool = False
    choice_seconds: int = LIFETIME
    limits: framing.Limits = framing.DEFAULT_LIMITS
    hold_all: bool = False
    page_codings: bytes = b"identity"
    """The ``Accept-Encoding`` with which the site is asked for pages. From afar a coded page is cheaper: it is sent
    faster than it would be uncoded, and taken apart in less than a millisecond. From nearby it only costs."""
    old_host: str = ""
    """What is taken for the ``Host`` of a request of HTTP/1.0 that names none: health checks send such. Empty: they are
    refused."""


class Gate:
    """Decides about requests; the visits that it forwards decide about their responses."""

    def __init__(
        self,
        config: GateConfig,
        *,
        rulebook: Rulebook,
        notices: Notices,
        signer: ChoiceSigner,
        tokens: TokenSigner,
        places: Places,
        recorded: Recorded,
        report: Report = lambda _fault: None,
        look: Look | None = None,
        sightings: Sightings | None = None,
        files: GuardFiles | None = None,
        lists: Lists | None = None,
        changes: Changes | None = None,
    ) -> None:
        sightings = sightings or Sightings()
        self._look = look
        self._report = report
        self._config = config
        self._rulebook = rulebook
        self._prefix = config.prefix.encode("ascii") + b"/"
        visitors = Visitors(
            rulebook=rulebook,
            notices=notices,
            signer=signer,
            places=places,
            region_header=config.region_header,
            choice_seconds=config.choice_seconds,
            recorded=recorded,
            prefix=config.prefix,
            sightings=sightings,
            changes=changes or Changes(),
            hold_all=config.hold_all,
        )
        files = files or GuardFiles(config.prefix, rulebook)
        lists = lists or Lists(config.prefix, rulebook)
        self._inserts = Inserts(config.prefix, rulebook, notices, tokens, files, signer, lists)
        self._heads = HeadReader(
            visitors, self._inserts, config.limits, config.trusted_hops, config.page_codings
        )

    def request(self, head: RequestHead, now: float) -> Decision:
        """What an adapter has to do with *head*, which arrived at *now* (seconds since the epoch).

        A request over which we fail is refused: what of it the site may see is not known.
        """
        try:
            return self._request(head, now)
        except Exception as error:
            path = head.target.partition(b"?")[0].decode("latin-1")
            self._report(Fault("request", path, error))
            return Refuse(400, "This request can't be read safely.")

    def _request(self, head: RequestHead, now: float) -> Decision:
        if head.http_version == "1.0" and self._config.old_host and not any(every(head.headers, b"host")):
            # Only later versions ask for it (RFC 9112 §3.2). Granian gives an empty one.
            host = (b"host", self._config.old_host.encode("ascii"))
            head = replace(head, headers=[host, *without(head.headers, _HOST)])
        asked = framing.bad_start(head.method, head.target, self._config.limits) or self._heads.of(head, now)
        if isinstance(asked, framing.Refusal):
            return Refuse(asked.status, asked.reason)
        path, _, query = head.target.partition(b"?")
        if path.startswith(self._prefix) or path == _GPC_SUPPORT:
            return Local(asked.standing, head.headers)
        holding = asked.holding
        gone: tuple[str, ...] = ()
        if query and asked.kind is not Kind.ASSET:
            target, gone = link_decoration.undecorated(head.target, holding.parameter)
            if gone:
                head = replace(head, target=target)
                query = target.partition(b"?")[2]
        sniff = None
        tracking = self._rulebook.own_path(path, query)
        if tracking is not None and any(holding.holds(match) for match in tracking.candidates):
            if tracking.needs_body is None:
                return quiet_reply(head, tracking.match.service, b"", now)
            sniff = sniffer(head, holding, tracking.needs_body, now)
        if asked.kind is Kind.UNTOLD and head.method in SAFE and is_by_worker(head.headers):
            asked = self._heads.of(head, now, kept=True)
            if isinstance(asked, framing.Refusal):
                return Refuse(asked.status, asked.reason)
        visit = Visit(
            head,
            asked,
            self._inserts,
            now,
            strict=self._config.strict,
            report=self._report,
            look=self._look,
            links=gone,
        )
        return Forward(visit, head.target, list(asked.headers), sniff)
