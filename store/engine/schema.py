"""The tables: one schema for every engine, in SQLAlchemy Core. The log and the events are databases of their own.

A new store is made from these, an older one is brought here by the migrations.
"""

import base64

from sqlalchemy import (
    BigInteger,
    Column,
    Dialect,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
)


class Base64(TypeDecorator[bytes]):
    """Bytes in a column of text: ClickHouse's driver has no others."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> str | None:
        """As it is written."""
        return None if value is None else base64.b64encode(value).decode("ascii")

    def process_result_value(self, value: str | None, dialect: Dialect) -> bytes | None:
        """As it is read."""
        return None if value is None else base64.b64decode(value)


log = MetaData()

records = Table(
    "records",
    log,
    Column("idx", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("leaf", LargeBinary, nullable=False),
    Column("salt", LargeBinary),
    Column("payload", LargeBinary),
    Column("person", Text),
    Column("key_id", BigInteger),
    Index("records_person", "person"),
)
"""``salt``, ``payload``, ``person`` and ``key_id`` are NULL once the person was erased; the leaf stays.

``person`` is the tag of the record's person (:mod:`..log.vault`), and empty where a record is about nobody. In records
of before there was a vault, whose leaf is of version 1, it is their id. ``key_id`` is the row of their key in
``people``.
"""

people = Table(
    "people",
    log,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("master", Text, nullable=False),
    Column("wrapped", LargeBinary, nullable=False),
)
"""The data key of each person, wrapped by the master key whose name is in ``master``. ``id`` is the index of the record
for which it was made.

So rows are added at the end, and not in the order of the tags: SQLite would move rows about to make room, and leave
copies of a wrapped key behind that no erasure finds. Nor does it take another index than that of the records.
"""

tiles = Table(
    "tiles",
    log,
    Column("level", Integer, primary_key=True, autoincrement=False),
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("hashes", LargeBinary, nullable=False),
)

heads = Table(
    "heads",
    log,
    Column("size", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("time_ms", BigInteger, nullable=False),
    Column("frontier", LargeBinary, nullable=False),
    Column("note", Text, nullable=False),
)
"""Every signed checkpoint. The newest one is the state that the next batch goes on from."""

notices = Table(
    "notices",
    log,
    Column("hash", Text, primary_key=True),
    Column("language", Text, nullable=False),
    Column("html", LargeBinary, nullable=False),
    Column("edition", Text),
)
"""Each notice that was answered, as it was shown; ``edition`` is the digest of what it lists."""

editions = Table(
    "editions",
    log,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("digest", Text, nullable=False),
    Column("site", Text, nullable=False),
    Column("services", Text, nullable=False),
    Column("made_ms", BigInteger, nullable=False),
)
"""What visitors were asked about, one after the other (:mod:`..site.editions`). ``services`` is JSON: ids, and
purposes."""

erased = Table(
    "erased",
    log,
    Column("idx", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("mark", Text, nullable=False),
)
"""The people who were erased, by a hash of their id, so that a cookie of theirs that survives somewhere grants nothing;
and under which record."""

forgotten = Table(
    "forgotten",
    log,
    Column("tag", Text, primary_key=True),
    Column("erased_ms", BigInteger, nullable=False),
)
"""Whose events were erased, visitors and people as SDKs call them, by the tags under which events lie; and when.

A backup may bring such events back (:mod:`..events.forgotten`).
"""

stripped = Table(
    "stripped",
    log,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("bits", LargeBinary, nullable=False),
)
"""Which records are stripped, as a bitmap in parts (:mod:`..log.stripped`)."""

seen = Table(
    "seen",
    log,
    Column("kind", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("service", Text, nullable=False),
    Column("how", Text, nullable=False),
    Column("first_ms", BigInteger, nullable=False),
    Column("last_ms", BigInteger, nullable=False),
    Column("seconds", BigInteger),
)
"""The site's inventory: the things that it was seen to use, how and when (:mod:`..site.inventory`). ``service`` is an
id, or empty; ``how`` are words with commas between them; ``seconds`` is a cookie's longest lifetime.
"""

facts = Table("facts", log, Column("name", Text, primary_key=True), Column("value", Text, nullable=False))
"""``verifier``: the public half of the log's first key, so that a copy of the file verifies by itself; ``signing``:
that of the key which signs now, and ``rotation/…`` what leads from one to the other (:mod:`..proof.key_chain`);
``master`` and ``lookup``: the vault's (:mod:`..log.vault`); ``rules/…``: editions of the rules; ``stripped``: the
account of stripped leaves (:mod:`..log.stripped`).
"""

events_meta = MetaData()

events = Table(
    "events",
    events_meta,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("time_ms", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("visitor", Text),
    Column("path", Text, nullable=False),
    Column("properties", Text, nullable=False),
    Column("uid", Text),
    Column("received_ms", BigInteger),
    Column("sealed", LargeBinary().with_variant(Base64(), "clickhousedb")),
    Column("key_id", BigInteger),
    Column("person", Text),
    Column("referrer", Text),
    Column("source", Text),
    Column("medium", Text),
    Column("campaign", Text),
    Column("device", Text),
    Column("country", Text),
    Index("events_time", "time_ms"),
    Index("events_visitor", "visitor"),
    Index("events_uid", "uid", unique=True),
    Index("events_person", "person"),
)
"""``time_ms`` is when it happened, by our clock, ``received_ms`` when it came. ``uid`` is a tag of the sender's own id
with who sent it before, and NULL where there is none: what comes with the same once more is a retry.

``sealed`` has what it says, and whose it is, encrypted by the key ``key_id`` (:mod:`..events.sealing`); ``visitor`` and
``person`` are tags. Where it is NULL the event is of before, in the clear, with ``properties`` and the visitor's id,
until the store is opened.
"""

event_keys = Table(
    "event_keys",
    events_meta,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("tag", Text, nullable=False),
    Column("master", Text, nullable=False),
    Column("wrapped", LargeBinary, nullable=False),
    Index("event_keys_tag", "tag", unique=True),
)
"""The key of each visitor's events, or of a person's where no visitor is known, wrapped as in ``people``."""

known_as = Table(
    "known_as",
    events_meta,
    Column("person", Text, primary_key=True),
    Column("visitor", Text, primary_key=True),
    Column("since_ms", BigInteger, nullable=False),
    Index("known_as_visitor", "visitor"),
)
"""What SDKs call visitors who have agreed, both as tags: so an event that names a person is known to be theirs."""

relays = Table(
    "relays",
    events_meta,
    Column("destination", Text, primary_key=True),
    Column("last", BigInteger, nullable=False),
    Column("holder", Text, nullable=False),
    Column("until_ms", BigInteger, nullable=False),
    Column("trouble", Text, nullable=False),
    Column("since_ms", BigInteger, nullable=False),
)
"""How far events were passed on to a ``destination``: ``last`` is the number of the one that was acknowledged last.

``holder`` is who passes on until ``until_ms``. ``trouble`` is why nothing can be passed on, since ``since_ms``.
"""

INDEX_OF_SOME = {
    "log": "CREATE INDEX records_bare ON records (idx) WHERE salt IS NULL",
    "events": "CREATE INDEX events_clear ON events (id) WHERE sealed IS NULL",
}
"""For each schema the index of some rows only. To name its condition in an ``Index`` would load PostgreSQL's dialect, a
thirtieth of a second for each command on a file.
"""
