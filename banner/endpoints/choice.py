"""``POST …/choice``: the visitor answers. The record is in the log before the cookie is on its way.

The checks come in the order that DESIGN §6 fixes: the browser's word for where the request comes from, the Origin,
always the token. Nothing that fails one of them is a grant.
"""

import asyncio
import base64
import uuid
from collections.abc import Mapping
from dataclasses import asdict, replace
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from ...proxy.rules.model import ASKED, Purpose, Regime, Released, Service
from ...store.log.ledger import StoreUnavailable
from ...store.log.news import NARROWING
from ...store.log.records import NewRecord
from ..consent.expiry import expiry_lines
from ..consent.signed_choice import Choice, cookie_name, set_cookie
from ..consent.standing import Standing
from ..notice.form_token import Token
from ..notice.notice import Notice
from . import replies
from .answer import NOTHING, Action, Answer, answer, kind_of
from .context import Context
from .posted import Fields, Malformed, fields
from .rate_limit import PerMinute
from .same_site import foreign, page_around, return_path
from .seldom import Seldom

_RETRY = 5
"""Seconds after which a visitor may try again when the log could not be written."""


class Choosing:
    """The endpoint. One instance serves all visitors."""

    def __init__(self, context: Context, limit: PerMinute) -> None:
        self._context = context
        self._limit = limit
        self._published: set[str] = set()
        self._unrecorded = Seldom()

    async def take(self, request: Request) -> Response:
        """Take an answer: 303 back to the page for a form, 200 with the new state for a script."""
        standing: Standing = request.scope["holdback.standing"]
        if foreign(request.headers, standing):
            return self._refusal(request, standing, 403, "foreign")
        if wait := self._limit.wait(standing.address_prefix, self._context.clock()):
            return self._refusal(request, standing, 429, "often", wait)
        try:
            form = await fields(request)
            action = Action(form.one("action"))
        except (Malformed, ValueError):
            return self._refusal(request, standing, 400, "malformed")
        shown = await self._shown(form, standing)
        back_to = (
            return_path(form.one("return"))
            if form.one("return")
            else page_around(request.headers, standing.host)
        )
        if shown is None:
            return self._again(request, standing, back_to)
        token, notice = shown
        listed = self._listed(standing, token, notice)
        given = self._given(action, form, standing, token, listed)
        if standing.choice is None:
            standing = replace(standing, choice=self._signed_before(request, standing))
        choice = self._choice(standing, token, notice, given)
        record = self._record_of(request, standing, notice, listed, given, choice)
        narrows = _narrows(given, standing.choice)
        try:
            choice = await self._record(notice, record, choice, narrows=narrows)
        except StoreUnavailable as error:
            if given != NOTHING and not narrows:
                self._unrecorded.tell(f"a choice could not be recorded, and takes no effect: {error}")
                return self._refusal(request, standing, 503, "store", _RETRY)
            left = _left(given, standing.choice)
            choice = replace(choice, purposes=left.purposes, services=left.services)
            record = self._record_of(request, standing, notice, listed, left, choice)
            await self._spooled(notice, record, choice, error)
        return await self._taken(request, standing, choice, back_to)

    async def _shown(self, form: Fields, standing: Standing) -> tuple[Token, Notice] | None:
        """The notice that the token names, if this host still shows it so, in this or an earlier edition."""
        context = self._context
        token = context.tokens.read(form.one("token"), standing.host, context.clock())
        if token is None:
            return None
        listing = context.notices.listing
        edition = listing.named(token.edition) or listing.told(token.edition, token.listed)
        if edition is None:  # it is of another host
            await asyncio.to_thread(context.catch_up)
            edition = listing.named(token.edition)
        if edition is None:
            return None
        notice = context.notices.pick(token.language, token.regime, token.gpc, standing.host, edition)
        return (token, notice) if notice.hash.startswith(token.notice) else None

    def _listed(self, standing: Standing, token: Token, notice: Notice) -> dict[str, Service]:
        """What the visitor was asked about: in the place of an embed its service, which the notice need not list."""
        known = self._context.rulebook.services
        asked = notice.listed
        if token.service:
            asked = asked | standing.released.services | {token.service}
        return {service: known[service] for service in sorted(asked) if service in known}

    @staticmethod
    def _given(
        action: Action, form: Fields, standing: Standing, token: Token, listed: Mapping[str, Service]
    ) -> Answer:
        """What the visitor grants. To allow an embed in its place leaves everything else as it stands."""
        if token.service in listed and action is Action.SAVE:
            stands = standing.released
            return Answer(
                stands.purposes - {Purpose.NECESSARY},
                stands.services.intersection(listed) | {token.service},
            )
        return answer(action, form.every("purpose"), form.every("service"), listed)

    def _signed_before(self, request: Request, standing: Standing) -> Choice | None:
        """The choice of a visitor whose cookie does not count just now: the log is away, or it was taken back for them.

        Their answer is filed under the same id: after a refusal no copy of the cookie counts later, and who agrees
        again is again the person whom the site knows.
        """
        own = cookie_name(standing.scheme)
        pairs = (
            pair.strip().partition("=")
            for line in request.headers.getlist("cookie")
            for pair in line.split(";")
        )
        read = [self._context.signer.read(value, standing.host) for name, _, value in pairs if name == own]
        signed = [
            choice for choice in read if choice is not None and not self._context.recorded.erased(choice)
        ]
        return max(signed, key=lambda choice: choice.at, default=None)

    def _choice(self, standing: Standing, token: Token, notice: Notice, given: Answer) -> Choice:
        """The new choice, under the visitor's id, and always later than the one that it replaces."""
        before = standing.choice
        now = int(self._context.clock())
        return Choice(
            id=before.id if before else str(uuid.uuid4()),
            at=max(now, before.at + 1) if before else now,
            host=standing.host,
            notice=notice.hash,
            purposes=given.purposes,
            services=given.services,
            regime=token.regime,
            gpc=token.gpc,
            edition=self._covered(standing, token, notice),
        )

    @staticmethod
    def _covered(standing: Standing, token: Token, notice: Notice) -> str:
        """The edition that the visitor has answered: in the place of an embed they were asked about that alone."""
        return standing.choice.edition if token.service and standing.choice else notice.edition.digest

    def _record_of(
        self,
        request: Request,
        standing: Standing,
        notice: Notice,
        listed: Mapping[str, Service],
        given: Answer,
        choice: Choice,
    ) -> NewRecord:
        before, versions = standing.choice, self._context.versions
        return NewRecord(
            id=choice.id,
            kind=kind_of(given, Answer(before.purposes, before.services) if before else NOTHING, listed),
            purposes={purpose.value: purpose in given.purposes for purpose in ASKED},
            services={service: service in given.services for service in listed},
            regime=choice.regime.value,
            language=notice.language,
            notice=notice.hash,
            how="script" if replies.by_script(request) else "form",
            rules=versions.rules,
            settings=versions.settings,
            code=versions.code,
            country=standing.country,
        )

    async def _record(self, notice: Notice, record: NewRecord, choice: Choice, *, narrows: bool) -> Choice:
        """Commit the notice's text, where this process has not yet, and the record, which the choice then names.

        Raises ``StoreUnavailable``.
        """
        ledger = self._context.ledger
        if notice.hash not in self._published:
            await ledger.publish_notice(notice.hash, notice.html, notice.language, notice.edition.digest)
            self._published.add(notice.hash)
            self._context.notices.listing.answered(notice.edition)
        appended = await ledger.append(record)
        self._context.recorded.note(choice.id, appended, withdraws=record.kind in NARROWING)
        if narrows:
            # It is not answered before it holds everywhere.
            await asyncio.sleep(ledger.spread)
        return replace(choice, record=appended.index, size=appended.size, leaf=appended.mark)

    async def _spooled(
        self, notice: Notice, record: NewRecord, choice: Choice, error: StoreUnavailable
    ) -> None:
        """Keep a refusal that the log could not take. It takes effect all the same, kept or not.

        What somebody goes on granting who takes back a part has no record to bear it out: their *choice* names none, so
        it releases nothing, and they are asked again.
        """
        self._unrecorded.tell(f"a refusal could not be recorded yet, and takes effect: {error}")
        said = [{"record": asdict(record), "at": choice.at}]
        if notice.hash not in self._published:
            html = base64.b64encode(notice.html).decode()
            said.insert(0, {"html": html, "language": notice.language})
        try:
            await asyncio.to_thread(self._context.spool.add, *said)
        except StoreUnavailable as worse:
            self._unrecorded.tell(f"a refusal takes effect, and no record of it can be kept: {worse}")
        else:
            self._published.add(notice.hash)

    async def _taken(self, request: Request, standing: Standing, choice: Choice, back_to: str) -> Response:
        released = self._released(standing, choice)
        if replies.by_script(request):
            back = bool(standing.released.services - released.services)
            response = await replies.told(
                request, self._context.state(standing, released, ask=False, back=back)
            )
        else:
            response = replies.redirect(back_to)
        value = self._context.signer.sign(choice)
        response.headers.append("set-cookie", set_cookie(value, standing.scheme, self._context.lifetime))
        held = replace(standing, seen=self._held(request, released))
        for line in expiry_lines(held, back_to.partition("?")[0]):
            response.raw_headers.append((b"set-cookie", line))
        return response

    def _released(self, standing: Standing, choice: Choice) -> Released:
        if choice.size or not (choice.purposes or choice.services):
            return self._context.released_by(choice, standing.regime, standing.gpc)
        return self._context.released_by(None, Regime.OPT_IN, standing.gpc)

    def _held(self, request: Request, released: Released) -> tuple[str, ...]:
        """The names of the cookies in the request that are held from now on."""
        rulebook = self._context.rulebook
        names = dict.fromkeys(
            pair.partition("=")[0].strip()
            for line in request.headers.getlist("cookie")
            for pair in line.split(";")
        )
        return tuple(name for name in names if name and rulebook.held(rulebook.cookie(name), released))

    def _again(self, request: Request, standing: Standing, back_to: str) -> Response:
        """No valid token: the visitor is shown what they may answer, with a fresh one. It is not a grant."""
        if replies.by_script(request):
            where = f"{self._context.prefix}/choices?return={quote(back_to, safe='/')}"
            return replies.data(
                {"error": "the token is missing, expired or of another notice", "choices": where}, 409
            )
        return replies.page(self._context.second_layer(standing, back_to, expired=True))

    def _refusal(
        self, request: Request, standing: Standing, status: int, message: str, retry: int = 0
    ) -> Response:
        headers = {"retry-after": str(retry)} if retry else {}
        second = self._context.notice(standing).second
        text = second.messages[message]
        if replies.by_script(request):
            return replies.data({"error": text}, status, headers)
        return replies.page(second.message(text), status, headers)


def _narrows(given: Answer, before: Choice | None) -> bool:
    """Whether something is taken back that stood until now."""
    return before is not None and not (
        before.purposes <= given.purposes and before.services <= given.services
    )


def _left(given: Answer, before: Choice | None) -> Answer:
    """What is left of what stood *before*, where nothing can be granted anew."""
    if before is None:
        return NOTHING
    return Answer(given.purposes & before.purposes, given.services & before.services)
