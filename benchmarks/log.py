"""The consent log with a million records: how fast it is verified and proved, how large it is, and how fast it grows.

    python benchmarks/log.py [--records 1000000] [--rate 2000] [--seconds 30]

Durable means what it says: each appended record has been synced to the disk that holds the temporary folder (set TMPDIR
to choose it) before it counts. The million is written in full transactions; what is measured is the log's own code.
"""

import argparse
import asyncio
import hashlib
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

from holdback.store.engine.group_commit import MOST
from holdback.store.export.archive import write
from holdback.store.log.records import NewRecord
from holdback.store.log.verify import Verified, verify
from holdback.store.proof.kit import verify as kit
from holdback.store.proof.notes import Checkpoint
from holdback.store.store import LOG_FILE, Store, open_store, reading, vault_of

NOTICE = b"<!doctype html><title>Your choice</title>"
NOTICE_HASH = hashlib.sha256(NOTICE).hexdigest()


def new_record(number: int) -> NewRecord:
    granted = number % 3 > 0
    purposes = dict.fromkeys(("preferences", "analytics", "marketing", "media"), granted)
    hashes = {"notice": NOTICE_HASH, "rules": "", "settings": "ef" * 32, "code": "01" * 32}
    kind = "grant" if granted else "refusal"
    return NewRecord(str(uuid.uuid4()), kind, purposes, country="DE", **hashes)  # type: ignore[arg-type]


def build(store: Store, records: int) -> None:
    """Fill the log, a thousand records a transaction."""
    started = time.perf_counter()
    for first in range(0, records, MOST):
        store.ledger._append([new_record(number) for number in range(first, min(first + MOST, records))])
    took = time.perf_counter() - started
    print(f"written: {records:,} records in {took:.0f} s, {records / took:,.0f}/s in full transactions")


async def append(store: Store, rate: int, seconds: int) -> None:
    """Records that come one by one, as many a second as is asked, whether the ones before are done or not."""
    waits: list[float] = []
    loop = asyncio.get_running_loop()

    async def one(due: float) -> None:
        await store.ledger.append(new_record(0))
        waits.append(loop.time() - due)

    started = loop.time()
    async with asyncio.TaskGroup() as group:
        for number in range(rate * seconds):
            due = started + number / rate
            if due > loop.time():
                await asyncio.sleep(due - loop.time())
            group.create_task(one(due))
    took = loop.time() - started
    centiles = statistics.quantiles(waits, n=100)
    print(
        f"appended: {len(waits) / took:,.0f}/s of {rate:,}/s asked, p50 {centiles[49] * 1000:.1f} ms, "
        f"p99 {centiles[98] * 1000:.1f} ms"
    )


async def prove(store: Store, records: int) -> None:
    """Inclusion proofs of records all over the log."""
    waits, longest = [], 0
    for index in range(0, records, max(1, records // 200)):
        started = time.perf_counter()
        proof = await store.ledger.proof(index)
        waits.append(time.perf_counter() - started)
        longest = max(longest, proof.partition("\n\n")[0].count("\n") - 1)
    print(f"proved: at most {longest} hashes, {statistics.median(waits) * 1000:.1f} ms each")


def check(data: Path, records: int, rounds: int) -> None:
    """The whole verification: records, commitments, tiles, checkpoints and their signatures."""
    for _ in range(rounds):
        started = time.perf_counter()
        with reading(data, LOG_FILE) as database:
            found = verify(database)
        took = time.perf_counter() - started
        assert isinstance(found, Verified), found
        print(f"verified: {found.size / took:,.0f} leaves/s ({took:.1f} s)")


def export(data: Path, records: int) -> None:
    """The archive, and ``verify.py`` on it."""
    path = data / "log.tar.gz"
    started = time.perf_counter()
    with path.open("wb") as output, reading(data, LOG_FILE) as database:
        newest: Checkpoint = write(database, output, vault_of(database, data))
    took = time.perf_counter() - started
    print(f"archive: {path.stat().st_size / newest.size:.0f} B a record, {took:.0f} s")
    program = Path(kit.__file__)
    started = time.perf_counter()
    subprocess.run([sys.executable, "-I", "-S", program, path], check=True, stdout=subprocess.DEVNULL)
    print(f"verify.py: {newest.size / (time.perf_counter() - started):,.0f} leaves/s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--rate", type=int, default=2_000, help="records a second")
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=3, help="of the verification")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="holdback-bench-") as temporary:
        data = Path(temporary)
        store = open_store(data)
        asyncio.run(store.ledger.publish_notice(NOTICE_HASH, NOTICE, "en"))
        build(store, options.records)
        asyncio.run(prove(store, options.records))
        store.close()
        print(f"size: {(data / LOG_FILE).stat().st_size / options.records:.0f} B a record")
        check(data, options.records, options.rounds)
        export(data, options.records)
        store = open_store(data)
        asyncio.run(append(store, options.rate, options.seconds))
        store.close()


if __name__ == "__main__":
    main()
