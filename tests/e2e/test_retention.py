"""A proxy that starts on old data drops what its owner no longer wants to keep."""

import asyncio
import time
import uuid
from pathlib import Path

from holdback.store.log.records import NewRecord
from holdback.store.store import open_store

from tests.support.holdback_process import serving
from tests.support.origin import Origin
from tests.support.processes import until
from tests.support.visitor import Visitor

TWO_YEARS = 730 * 86_400


async def _old_record(data: Path, person: str) -> None:
    store = open_store(data)
    store.ledger._clock = lambda: time.time() - TWO_YEARS
    await store.ledger.append(NewRecord(person, "grant", {"analytics": True}))
    store.close()


def test_old_records_keep_only_their_leaves(origin: Origin, tmp_path: Path) -> None:
    data, person = tmp_path / "data", str(uuid.uuid4())
    asyncio.run(_old_record(data, person))
    config = "[retention]\nrecords_days = 400\n"
    with serving(origin.url, data, options=["--workers", "2"], config=config) as proxy:
        until(lambda: proxy.records()[0]["id"] == "", "the old record to be dropped")
        Visitor(proxy).choose("accept-all")
        kept = [(record["kind"], bool(record["id"])) for record in proxy.records()]
        published = ("published", False)
        assert kept == [("grant", False), published, ("retention", False), published, ("grant", True)]
        assert proxy.command("log", "verify").returncode == 0
    assert not [path.name for path in data.iterdir() if person.encode() in path.read_bytes()]
