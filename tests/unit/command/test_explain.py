"""Every way to read a thing that an owner has seen, and the rule that says what becomes of it."""

import pytest
from holdback.proxy.rules.explain import explain
from holdback.proxy.rules.model import Purpose, Service
from holdback.proxy.rules.rulebook import Rulebook

ACME = Service("acme", "Acme", Purpose.MEDIA, hosts=("acme.test",), paths=("/acme",), storage=("acme:*",))
BASKET = Service("basket", "Basket", Purpose.NECESSARY, cookies=("basket",))
RULEBOOK = Rulebook.load([ACME, BASKET])


@pytest.mark.parametrize(
    ("thing", "kind", "service", "held"),
    [
        ("https://acme.test/x", "address", "acme", True),
        ("//acme.test/x", "address", "acme", True),
        ("www.acme.test", "address", "acme", True),
        ("https://own.test/", "address", None, False),
        ("/acme/x?y", "path on the site's own host", "acme", True),
        ("/other", "path on the site's own host", None, False),
        ("acme:7", "storage key", "acme", True),
        ("_ga", "cookie", "google-analytics", True),
        ("basket", "cookie", "basket", False),
        ("nothing_known", "cookie", None, False),
    ],
)
def test_readings(thing: str, kind: str, service: str | None, held: bool) -> None:
    [found] = explain(RULEBOOK, thing)
    assert (found.kind, found.held) == (kind, held)
    assert (found.match.service.id if found.match and found.match.service else None) == service


def test_verdicts() -> None:
    [held] = explain(RULEBOOK, "https://acme.test/")
    assert held.verdict == "held until the visitor agrees to media"
    [necessary] = explain(RULEBOOK, "basket")
    assert necessary.verdict == "passes: it is necessary"
    [unknown] = explain(RULEBOOK, "nothing_known")
    assert unknown.verdict == "passes: nothing is known of it"
    [ambiguous] = explain(RULEBOOK, "/e/")
    assert ambiguous.verdict.endswith("where the body of the request shows that it is one")
