"""Receipts and the export as linked data: read by an RDF library, and held against shapes of ISO/IEC TS 27560."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyshacl import validate
from rdflib import Graph

from tests.support.desk import Counter, counter

# rdflib reads JSON-LD by a class that it deprecates itself.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:rdflib")
SHAPES = Path(__file__).with_name("consent_record.shapes.ttl")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Counter]:
    with counter(tmp_path) as made:
        yield made


def _faults(text: str) -> str:
    """What the shapes have against a JSON-LD document; empty where nothing."""
    graph = Graph().parse(data=text, format="json-ld")
    assert len(graph) > 20
    conforms, _, told = validate(graph, shacl_graph=str(SHAPES))
    return "" if conforms else told


async def _receipt(desk: Counter) -> str:
    async with desk.browser(accept="application/ld+json") as browser:
        await browser.post("/_hb/choice", data=desk.form("save", purpose="analytics"))
        await browser.post("/_hb/choice", data=desk.form("reject-all"))
        return (await browser.get("/_hb/receipt")).text


async def test_a_receipt_has_what_the_standard_asks_for(desk: Counter) -> None:
    assert _faults(await _receipt(desk)) == ""


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("hasConsentStatus", "Agreed"),
        ("isIndicatedAtTime", "yesterday"),
        ("hasDataSubject", {"schema:name": "somebody"}),
        ("hasProcess", []),
        ("hasRight", []),
        ("dct:valid", "soon"),
        ("hasConsentControl", []),
        ("hasDataController", []),
        ("dct:conformsTo", "https://example.org/"),
    ],
)
async def test_the_shapes_notice_what_is_missing(desk: Counter, field: str, value: object) -> None:
    receipt = json.loads(await _receipt(desk))
    receipt["hasConsentRecord"][0][field] = value
    assert _faults(json.dumps(receipt)) != ""


async def test_an_export_has_it_too(desk: Counter) -> None:
    from holdback.store.export import dpv
    from holdback.store.export.log_lines import records

    await _receipt(desk)
    ledger = desk.store.ledger
    found = records(desk.store.databases[0], ledger._vault)
    assert _faults("".join(dpv.document(found, await ledger.checkpoint()))) == ""
