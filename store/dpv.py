"""A record of the log as linked data: ISO/IEC TS 27560 as the W3C Data Privacy Vocabulary maps it, in JSON-LD.

DPV's guide "Consent Records and Receipts" says which of its terms stands for which field of TS 27560. What it has no
term for is written in schema.org's namespace.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from ..proxy.rules.model import Purpose
from .records import Record

CONTEXT = {
    "@vocab": "https://w3id.org/dpv#",
    "dct": "http://purl.org/dc/terms/",
    "schema": "https://schema.org/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
SCHEMA = {
    "dct:conformsTo": "https://w3id.org/dpv/guides/consent-27560",
    "schema:schemaVersion": "ISO/IEC TS 27560:2023",
}
_STATES = {
    "grant": "ConsentGiven",
    "partial": "ConsentGiven",
    "refusal": "ConsentRefused",
    "withdrawal": "ConsentWithdrawn",
}
_PURPOSES = {
    Purpose.PREFERENCES: "Personalisation",
    Purpose.ANALYTICS: "ServiceUsageAnalytics",
    Purpose.MARKETING: "TargetedAdvertising",
    Purpose.MEDIA: "ProvideExternalContent",
}


def consent_record(record: Record) -> dict[str, Any]:
    """*record* as a ``ConsentRecord``, as far as the log alone knows it."""
    return {
        "@type": "ConsentRecord",
        "dct:identifier": f"urn:uuid:{record.id}#{record.index}",
        "hasDataSubject": f"urn:uuid:{record.id}",
        "hasNotice": {"@id": f"urn:sha256:{record.notice}", "dct:language": record.language},
        "hasProcess": [_process(purpose, allowed) for purpose, allowed in record.purposes.items()],
        "schema:services": dict(record.services),
        "hasConsentStatus": _STATES.get(record.kind, record.kind),
        "consentType": "ExplicitlyExpressedConsent",
        "isIndicatedBy": "DataSubject",
        "hasIndicationMethod": record.how,
        "isIndicatedAtTime": record.time,
        "hasJurisdiction": record.country or "unknown",
        "schema:regime": record.regime,
        "schema:logIndex": record.index,
    }


def _process(purpose: str, allowed: bool) -> dict[str, Any]:
    return {
        "@type": "Process",
        "hasPurpose": _PURPOSES[Purpose(purpose)],
        "dct:title": purpose,
        "hasPersonalData": "OnlineIdentifier",
        "hasConsentStatus": "ConsentGiven" if allowed else "ConsentRefused",
    }


def document(records: Iterable[Record], note: str) -> Iterator[str]:
    """All *records* as one JSON-LD document, in pieces; *note* is the checkpoint that covers them."""
    head = {"@context": CONTEXT, **SCHEMA, "schema:checkpoint": note}
    yield json.dumps(head, ensure_ascii=False)[:-1] + ', "@graph": ['
    comma = "\n"
    for record in records:
        yield comma + json.dumps(consent_record(record), ensure_ascii=False)
        comma = ",\n"
    yield "\n]}\n"
