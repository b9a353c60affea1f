"""A record of the log as linked data: ISO/IEC TS 27560 as the W3C Data Privacy Vocabulary maps it, in JSON-LD.

DPV's guide "Consent Records and Receipts" says which of its terms stands for which field of TS 27560. What it has no
term for is written in schema.org's namespace.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from ...proxy.rules.model import Purpose
from ..log.records import CHOICES, Record

_TERM, _ADDRESS, _TIME = {"@type": "@vocab"}, {"@type": "@id"}, {"@type": "xsd:dateTime"}
CONTEXT: dict[str, Any] = {
    "@vocab": "https://w3id.org/dpv#",
    "dct": "http://purl.org/dc/terms/",
    "eu-gdpr": "https://w3id.org/dpv/legal/eu/gdpr#",
    "loc": "https://w3id.org/dpv/loc#",
    "schema": "https://schema.org/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    **dict.fromkeys(
        ("hasPurpose", "hasConsentStatus", "hasPersonalData", "hasLegalBasis", "isIndicatedBy"), _TERM
    ),
    "hasLocation": _TERM,
    **dict.fromkeys(
        ("hasDataSubject", "hasJurisdiction", "hasRight", "dct:conformsTo", "isExercisedAt", "schema:url"),
        _ADDRESS,
    ),
    **dict.fromkeys(("isIndicatedAtTime", "dct:valid", "dct:created"), _TIME),
    "hasDuration": {"@type": "xsd:duration"},
    "schema:services": {"@type": "@json"},
    "schema:keyRotations": {"@type": "@json"},
}
"""How the names and values of a record read as linked data: terms of DPV, addresses, times, and what is only JSON."""
_SCHEMA = "https://w3id.org/dpv/schema/dpv-27560#"
RECORD_SCHEMA, RECEIPT_SCHEMA = (
    {"dct:conformsTo": f"{_SCHEMA}{what}", "schema:schemaVersion": "ISO/IEC TS 27560:2023"}
    for what in ("record", "receipt")
)
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
    Purpose.MEDIA: "RequestedServiceProvision",
}


def consent_record(record: Record) -> dict[str, Any]:
    """*record* as a ``ConsentRecord``, as far as the log alone knows it."""
    return {
        "@type": "ConsentRecord",
        **RECORD_SCHEMA,
        "dct:identifier": f"urn:uuid:{record.id}#{record.index}",
        "hasDataSubject": f"urn:uuid:{record.id}",
        "hasNotice": {
            "@id": f"urn:sha256:{record.notice}",
            "@type": "ConsentNotice",
            "dct:language": record.language,
        },
        "hasProcess": [_process(purpose, allowed) for purpose, allowed in record.purposes.items()],
        "schema:services": dict(record.services),
        "hasConsentStatus": _STATES.get(record.kind, "ConsentUnknown"),
        "hasLegalBasis": "ExpressedConsent",
        "isIndicatedBy": "DataSubject",
        "hasIndicationMethod": record.how,
        "isIndicatedAtTime": record.time,
        "hasJurisdiction": _jurisdiction(record),
        "schema:regime": record.regime,
        "schema:logIndex": record.index,
    }


def _jurisdiction(record: Record) -> str | dict[str, str]:
    return f"loc:{record.country}" if record.country else {"@type": "Jurisdiction", "dct:title": "unknown"}


def _process(purpose: str, allowed: bool) -> dict[str, Any]:
    return {
        "@type": "Process",
        "hasPurpose": _PURPOSES[Purpose(purpose)],
        "dct:title": purpose,
        "hasPersonalData": "PseudonymisedData",
        "hasConsentStatus": "ConsentGiven" if allowed else "ConsentRefused",
    }


def document(records: Iterable[Record], note: str) -> Iterator[str]:
    """All *records* about people as one JSON-LD document, in pieces; *note* is the checkpoint that covers them."""
    head = {"@context": CONTEXT, "schema:checkpoint": note}
    yield json.dumps(head, ensure_ascii=False)[:-1] + ', "@graph": ['
    comma = "\n"
    for record in records:
        if not record.id or record.kind not in CHOICES:
            continue  # about nobody, or stripped: there is no consent to tell of
        yield comma + json.dumps(consent_record(record), ensure_ascii=False)
        comma = ",\n"
    yield "\n]}\n"
