"""A choice that counts for less than it did, though its visitor did nothing, is on record: by GPC, or by time."""

from pathlib import Path

from tests.support.holdback_process import serving
from tests.support.origin import Origin
from tests.support.processes import until
from tests.support.visitor import Visitor, visitor_id

CALIFORNIA = """
trusted_hops = ["127.0.0.1/32"]
region_header = "X-Country"
"""


def test_a_signal_that_comes_later_is_on_record_once(origin: Origin, tmp_path: Path) -> None:
    with serving(origin.url, tmp_path / "data", options=["--workers", "2"], config=CALIFORNIA) as proxy:
        visitor = Visitor(proxy, headers=[("Accept", "text/html"), ("X-Country", "US-CA")])
        visitor.choose("accept-all")
        assert "marketing" in _told(visitor, origin)
        for _ in range(6):
            assert "marketing" not in _told(visitor, origin, ("Sec-GPC", "1"))

        def signals() -> list[dict[str, object]]:
            return [record for record in proxy.records() if record["kind"] == "signal"]

        until(signals, "the record of the signal")
        proxy.process.stop()
        proxy.restart()
        _told(visitor, origin, ("Sec-GPC", "1"))
        proxy.process.stop()
        first, *rest = signals()
        assert (first["how"], first["id"]) == ("gpc", visitor_id(visitor.signed))
        assert first["purposes"] == {
            "preferences": True,
            "analytics": True,
            "marketing": False,
            "media": True,
        }
        assert len(rest) <= 1, "two workers may notice it in the same moment; a third time nobody does"
        assert proxy.command("log", "verify").returncode == 0


def _told(visitor: Visitor, origin: Origin, *headers: tuple[str, str]) -> str:
    visitor.get("/", headers)
    return str(origin.last.get("x-holdback-purposes"))
