"""What goes into a page of XML keeps its text, and what goes into one with a nonce is made once."""

from xml.etree import ElementTree

import pytest
from holdback.banner.notice.notice import Notice
from holdback.proxy.gate.body.document_kinds import Kind
from holdback.proxy.gate.body.guard_delivery import Delivery
from holdback.proxy.gate.body.inserts import Insert
from holdback.proxy.gate.request.head_reader import ReadHead

from tests.support.gates import NOW, TestGate, head

CODE = b"a[b[0]]>1;c='<![CDATA[x]]>'.replace(/]]>/g,']]]]><![CDATA[>')&&d"


@pytest.mark.parametrize("code", [b"1", b"a<b&&c", CODE])
def test_a_script_of_xml_has_the_code_as_it_is(code: bytes) -> None:
    head = Insert(b"<script>" + code + b"</script>", b"").as_xml(None).head
    assert (ElementTree.fromstring(head).text or "").split("\n")[1] == code.decode()


def test_who_has_answered_gets_another_page_than_who_has_not() -> None:
    """Though nothing is released for either of them: what a cache keeps for one is not for the other."""
    gate = TestGate()
    refused = head("/", (b"cookie", gate.cookie()))
    made = []
    for asking in (head("/"), refused):
        asked = gate.gate._heads.of(asking, NOW)
        assert isinstance(asked, ReadHead)
        inserts = gate.gate._inserts
        shown = inserts.for_page(Kind.DOCUMENT, asked.standing, None, NOW).body
        made.append((b"<details" in shown, inserts.variant(asked.standing, NOW), asked.standing.released))
    assert [one[0] for one in made] == [True, False]
    assert made[0][1] != made[1][1]
    assert made[0][2] == made[1][2]


def test_other_rules_make_another_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """A list names what no guard is told of: a page in a browser's cache has that as it was."""
    variants = set()
    for digest in ("before", "after", "after"):
        gate = TestGate()
        monkeypatch.setattr(gate.gate._rulebook, "digest", digest)
        asked = gate.gate._heads.of(head("/"), NOW)
        assert isinstance(asked, ReadHead)
        variants.add(gate.gate._inserts.variant(asked.standing, NOW))
    assert len(variants) == 2


@pytest.mark.parametrize("kind", [Kind.DOCUMENT, Kind.FRAME])
@pytest.mark.parametrize("way", list(Delivery))
def test_another_nonce_changes_nothing_else(
    way: Delivery, kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    rendered: list[object] = []
    fragment = Notice.fragment

    def counted(self: Notice, **values: object) -> bytes:
        rendered.append(values)
        return fragment(self, **values)  # type: ignore[arg-type]

    monkeypatch.setattr(Notice, "fragment", counted)
    gate = TestGate().gate
    asked = gate._heads.of(head("/"), NOW)
    assert isinstance(asked, ReadHead)
    made = [
        gate._inserts.for_page(kind, asked.standing, nonce, NOW, way=way) for nonce in ("bmV4dA==", 'b"2')
    ]
    parts = [[one.head, one.body, one.whole()] for one in made]
    first = [part.replace(b' nonce="bmV4dA=="', b"\0") for part in parts[0]]
    assert first == [part.replace(b' nonce="b&quot;2"', b"\0") for part in parts[1]]
    without = gate._inserts.for_page(kind, asked.standing, None, NOW, way=way)
    assert [part.replace(b"\0", b"") for part in first] == [without.head, without.body, without.whole()]
    assert first[0].count(b"\0") == (2 if way in (Delivery.FILE, Delivery.FILES) else 1)
    assert len(rendered) == (2 if kind is Kind.DOCUMENT else 0)  # with a nonce, and without
