"""``GET …/receipt``: the visitor's own records, as a page or as JSON-LD.

The data follow ISO/IEC TS 27560 as the W3C Data Privacy Vocabulary maps it (DPV, guide "Consent Records and
Receipts"): a receipt has its schema's version, an id, the records and its own time; a record says who may process what,
for which purposes, on what notice, in which state, and how to change it. The proof of inclusion is C2SP tlog-proof, and
anyone can check it against a checkpoint without us.
"""

import base64
import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urljoin

from babel.dates import format_datetime
from starlette.requests import Request
from starlette.responses import Response

from ...store.export import dpv
from ...store.log.evidence import Evidence
from ...store.log.records import CHOICES, Record
from ..consent.standing import Standing
from ..notice.in_words import in_words
from ..notice.site import SiteInfo
from . import replies
from .context import Context

_RIGHTS = ("eu-gdpr:A7-3", "eu-gdpr:A15", "eu-gdpr:A17", "eu-gdpr:A77")
"""To withdraw, to see what is kept, to have it erased, to complain to an authority."""


class Receipts:
    """The endpoint. It shows nobody's records but those of the id in the visitor's own signed value."""

    def __init__(self, context: Context, site: SiteInfo) -> None:
        self._context = context
        self._site = site

    async def show(self, request: Request) -> Response:
        """The records of the visitor who asks; 404 where there are none."""
        standing: Standing = request.scope["holdback.standing"]
        kept = await self._context.ledger.records_of(standing.choice.id) if standing.choice else []
        records = [record for record in kept if record.kind in CHOICES]
        as_page = replies.by_browser(request) and "data" not in request.query_params
        if as_page:
            return self._page(standing, records, await self._texts(records))
        if not records:
            return replies.data({"error": "there is no record of a choice"}, 404)
        evidence = [await self._context.ledger.evidence(record.index) for record in records]
        rotations = await self._context.ledger.rotations()
        data = {
            **self._data(standing, records, evidence, rotations),
            "hasNotice": await self._notices(records),
        }
        return replies.data(data, headers={"content-type": "application/ld+json"})

    async def _notices(self, records: Iterable[Record]) -> list[dict[str, str]]:
        """Each notice that the records name, as it was shown."""
        named = {record.notice: record.language for record in records if record.notice}
        return [
            {"@id": f"urn:sha256:{hash_}", "dct:language": named[hash_], "schema:text": text}
            for hash_, text in (await self._texts(records)).items()
        ]

    async def _texts(self, records: Iterable[Record]) -> dict[str, str]:
        """The notices that the records name, by their hash, as far as the log has them."""
        named = dict.fromkeys(record.notice for record in records if record.notice)
        texts = {hash_: await self._context.ledger.notice(hash_) for hash_ in named}
        return {hash_: text.decode() for hash_, text in texts.items() if text is not None}

    def _page(self, standing: Standing, records: Sequence[Record], texts: Mapping[str, str]) -> Response:
        notice = self._context.notice(standing)
        if not records:
            return replies.page(notice.second.message(notice.second.no_record), 404)
        html = notice.second.receipt(
            site=notice.site,
            records=records,
            shown={hash_: in_words(html) for hash_, html in texts.items()},
            titles={service.id: service.name for service in self._context.rulebook.services.values()},
            when=lambda time: format_datetime(_moment(time), "long", tzinfo=UTC, locale=notice.language),
            data=f"{self._context.prefix}/receipt?data",
            choices=f"{self._context.prefix}/choices",
        )
        return replies.page(html)

    def _data(
        self,
        standing: Standing,
        records: Iterable[Record],
        evidence: Sequence[Evidence],
        rotations: Iterable[str],
    ) -> dict[str, Any]:
        return {
            "@context": dpv.CONTEXT,
            "@type": "ConsentReceipt",
            **dpv.RECEIPT_SCHEMA,
            "dct:identifier": str(uuid.uuid4()),
            "dct:created": datetime.fromtimestamp(self._context.clock(), UTC).isoformat(timespec="seconds"),
            "hasConsentRecord": [
                self._record(standing, record) | _proven(found)
                for record, found in zip(records, evidence, strict=True)
            ],
            "schema:verifier": self._context.ledger.verifier,
            "schema:keyRotations": [json.loads(line) for line in rotations],
        }

    def _record(self, standing: Standing, record: Record) -> dict[str, Any]:
        until = _moment(record.time) + timedelta(seconds=self._context.lifetime)
        manage = f"{standing.origin}{self._context.prefix}/choices"
        stored = {"hasLocation": "WithinDevice", "hasDuration": f"P{self._days}D"}
        known = dpv.consent_record(record)
        return {
            **known,
            "hasDataController": self._controller(standing),
            "hasRecipient": self._recipients(record),
            "hasProcess": [{**process, "hasStorageCondition": stored} for process in known["hasProcess"]],
            "dct:valid": until.isoformat(timespec="seconds"),
            "hasConsentControl": [
                {"@type": control, "isExercisedAt": manage}
                for control in ("ProvideConsent", "WithdrawConsent")
            ],
            "hasRight": list(_RIGHTS),
        }

    @property
    def _days(self) -> int:
        return self._context.lifetime // 86_400

    def _controller(self, standing: Standing) -> dict[str, str]:
        named = {
            "@id": f"{standing.origin}/",
            "@type": "DataController",
            "schema:name": self._site.name,
            "hasAddress": self._site.address,
            "hasContact": self._site.contact,
            "schema:privacyPolicy": urljoin(f"{standing.origin}/", self._site.privacy_policy),
        }
        return {key: value for key, value in named.items() if value}

    def _recipients(self, record: Record) -> list[dict[str, str]]:
        """The companies behind what was allowed, as far as the rules still know the services."""
        known = self._context.rulebook.services
        allowed = [known[id_] for id_, allowed in record.services.items() if allowed and id_ in known]
        named = {service.vendor or service.name: service for service in allowed}
        return [
            {"@type": "Recipient", "schema:name": name, "schema:url": service.privacy}
            for name, service in sorted(named.items())
        ]


def _proven(evidence: Evidence) -> dict[str, str | None]:
    """What lets anybody check the record without us: ``holdback log verify --receipt`` or ``verify.py``."""
    return {
        "schema:leaf": evidence.leaf.decode(),
        "schema:salt": _base64(evidence.salt),
        "schema:payload": _base64(evidence.payload),
        "schema:opening": _base64(evidence.opening),
        "schema:inclusionProof": evidence.proof,
    }


def _base64(data: bytes | None) -> str | None:
    return None if data is None else base64.b64encode(data).decode()


def _moment(time: str) -> datetime:
    return datetime.fromisoformat(time)
