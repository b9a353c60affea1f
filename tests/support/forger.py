"""Whoever holds the database, and perhaps the signing key, and wants a past that was not."""

import asyncio
import hashlib
import json
import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
from holdback.proxy.rules.model import Purpose
from holdback.store.keys.keyring import Keys
from holdback.store.log.records import COUNTERS, NewRecord
from holdback.store.proof import merkle
from holdback.store.proof.notes import Checkpoint, NoteSigner
from holdback.store.proof.tiles import extend_in_memory
from holdback.store.site.editions import Edition
from holdback.store.store import LOG_FILE, Store, open_store, reading, vault_of
from holdback.store.upkeep.rotation import rotate_log_key

from tests.support.texts import keep

NOTICE = b"<!doctype html><title>Your choice</title><p>We ask before we count.</p>\n"
NOTICE_HASH = hashlib.sha256(NOTICE).hexdigest()
EDITION = '{"services":[]}'
BATCHES = (1, 6, 120, 136, 37)
"""How many records each transaction holds: 300 in all, one full tile and a part of the next."""
RECORDS = sum(BATCHES)
SAVED = 263
"""The size at which an auditor saved a checkpoint: after the fourth batch."""


def person(number: int) -> str:
    """The pseudonymous id of the *number*-th visitor."""
    return f"5b0c1b0e-0000-4000-8000-{number:012d}"


def made_log(data: Path, url: str = "") -> None:
    """A log of :data:`RECORDS` records in the folder *data*, or in the PostgreSQL database at *url*, and in the folder
    the file ``saved``.
    """
    asyncio.run(_fill(data, url))


async def _fill(data: Path, url: str) -> None:
    clock = count(1_790_000_000)
    store = open_store(data, url=url)
    store.ledger._clock = lambda: float(next(clock))
    try:
        keep(store, notice=NOTICE, rules=EDITION)
        for size in BATCHES:
            if await _size(store.ledger.checkpoint()) == SAVED:
                (data / "saved").write_text(await store.ledger.checkpoint())
            await asyncio.gather(*(store.ledger.append(_record(number)) for number in range(size)))
    finally:
        await asyncio.to_thread(store.close)


async def _size(note: Any) -> int:
    return Checkpoint.parse(await note).size


def _record(number: int) -> NewRecord:
    granted = number % 3 > 0
    return NewRecord(
        person(number),
        "grant" if granted else "refusal",
        {"analytics": granted, "marketing": False},
        services={"acme-metrics": granted} if number % 5 == 0 else {},
        notice=NOTICE_HASH,
        rules=hashlib.sha256(EDITION.encode()).hexdigest(),
        settings="5" * 64,
        code="c" * 64,
        country="DE",
    )


@dataclass
class Forger:
    """The database of a log in a folder, and its keys, in hands that they should not be in."""

    data: Path
    url: str = ""
    """Where the log is, if it is in PostgreSQL."""

    @contextmanager
    def _database(self) -> Iterator[Callable[..., Any]]:
        """What runs a statement of SQL, as SQLite has it, with its parameters; committed at the end."""
        if not self.url:
            with closing(sqlite3.connect(self.data / LOG_FILE)) as database, database:
                yield database.execute
            return
        with psycopg.connect(self.url) as theirs:
            yield lambda statement, parameters=(): theirs.execute(
                _for_postgres(statement), parameters or None
            )

    def run(self, *statements: str) -> None:
        """Change the database by SQL."""
        with self._database() as execute:
            for statement in statements:
                execute(statement)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What a query finds."""
        with self._database() as execute:
            return list(execute(query).fetchall())

    @contextmanager
    def _running(self) -> Iterator[Store]:
        """What a proxy has opened that has been running since before anything was forged."""
        store = open_store(self.data, url=self.url, adopting=True)
        try:
            yield store
            store.databases[0].settle()
        finally:
            store.close()

    def erase(self, person: str) -> None:
        """Erase a person as the running proxy does."""
        with self._running() as store:
            store.ledger.erase(person)

    def count(self) -> None:
        """Have the running proxy record what it has counted: something escaped."""
        counted = {"escaped": {"cookie": {"acme-metrics": 1}}}
        with self._running() as store:
            asyncio.run(store.ledger.append(NewRecord("", COUNTERS, {}, counters=counted)))

    def say(self, **texts: str) -> None:
        """Have the running proxy keep texts, such as its settings, and record since when they are in force."""
        with self._running() as store:
            store.ledger.publish(**texts)

    def ask(self, services: Mapping[str, Purpose]) -> None:
        """Have the running proxy ask its visitors about *services*, by their ids."""
        with self._running() as store:
            store.editions.keep(lambda *_: Edition("A shop", services), 1, 30)

    def exchange_key(self) -> None:
        """Have the log signed by a new key, as its owner does."""
        with self._running() as store:
            rotate_log_key(self.data, store.ledger)

    def adopt(self) -> None:
        """Go on with the log as it is, as its owner does."""
        with self._running() as store:
            store.ledger.adopt()
            rotate_log_key(self.data, store.ledger)

    def anchor(self) -> Path:
        """Put the newest checkpoint and a stamp of it where anchors lie; the stamp's path.

        It is a stamp by its looks alone: its signature is the business of those who have the authority's certificate.
        """
        [[size, note]] = self.rows("SELECT size, note FROM heads ORDER BY size DESC LIMIT 1")
        folder = self.data / "anchors"
        folder.mkdir(exist_ok=True)
        (folder / f"{size}.checkpoint").write_text(note, "utf-8")
        stamp = folder / f"{size}.tsr"
        stamp.write_bytes(b"stamped: " + hashlib.sha256(note.encode()).digest())
        return stamp

    def forget(self, person: str) -> None:
        """Take away what is kept of a person beside the leaves, by hand."""
        with reading(self.data, LOG_FILE, self.url) as database:
            vault = vault_of(database, self.data)
        assert vault is not None
        gone = "salt = NULL, payload = NULL, person = NULL, key_id = NULL"
        self.run(f"UPDATE records SET {gone} WHERE person = '{vault.tag(person)}'")

    def set_leaf(self, index: int, **changes: object) -> None:
        """Change what a leaf says."""
        [[leaf]] = self.rows(f"SELECT leaf FROM records WHERE idx = {index}")
        changed = json.dumps({**json.loads(leaf), **changes}, sort_keys=True, separators=(",", ":"))
        self.run(f"UPDATE records SET leaf = CAST('{changed}' AS BLOB) WHERE idx = {index}")

    def exchange(self, one: int, other: int) -> None:
        """Let two records change places, whole."""
        self.run(
            f"UPDATE records SET idx = -1 WHERE idx = {one}",
            f"UPDATE records SET idx = {one} WHERE idx = {other}",
            f"UPDATE records SET idx = {other} WHERE idx = -1",
        )

    def rewrite_tiles(self) -> None:
        """Compute every tile anew."""
        hashes = [merkle.leaf_hash(leaf) for [leaf] in self.rows("SELECT leaf FROM records ORDER BY idx")]
        with self._database() as execute:
            execute("DELETE FROM tiles")
            for (level, number), tile in extend_in_memory(hashes).items():
                execute("INSERT INTO tiles VALUES (?, ?, ?)", (level, number, tile))

    def rewrite(self, signer: NoteSigner | None = None) -> None:
        """Compute every tile and every checkpoint anew, and sign them: by the log's own key, or by *signer*."""
        signer = signer or Keys.open(self.data).log
        self.rewrite_tiles()
        hashes = [merkle.leaf_hash(leaf) for [leaf] in self.rows("SELECT leaf FROM records ORDER BY idx")]
        sizes = {size for [size] in self.rows("SELECT size FROM heads")}
        with self._database() as execute:
            execute("UPDATE facts SET value = ? WHERE name = 'verifier'", [str(signer.verifier)])
            execute("DELETE FROM heads WHERE size > ?", [len(hashes)])
            frontier = merkle.Frontier()
            for size in range(len(hashes) + 1):
                if size:
                    frontier.append(hashes[size - 1])
                if size in sizes or size == len(hashes):
                    _put(execute, signer, frontier)


def _put(execute: Callable[..., Any], signer: NoteSigner, frontier: merkle.Frontier) -> None:
    note = signer.sign(Checkpoint(signer.verifier.name, frontier.size, frontier.root()).text())
    execute(
        "INSERT INTO heads (size, time_ms, frontier, note) VALUES (?, 0, ?, ?) "
        "ON CONFLICT (size) DO UPDATE SET frontier = excluded.frontier, note = excluded.note",
        (frontier.size, frontier.hashes(), note),
    )


def _for_postgres(statement: str) -> str:
    """What differs in the statements here: how bytes are written, and where a parameter goes."""
    return re.sub(r"CAST\('(.*?)' AS BLOB\)", r"convert_to('\1', 'UTF8')", statement).replace("?", "%s")
