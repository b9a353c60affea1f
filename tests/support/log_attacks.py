"""The attacks of the table: what is done to a log, at which record it must be told, and by what."""

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from holdback.proxy.rules.model import Purpose
from holdback.store.keys.keyring import Keys
from holdback.store.proof.notes import NoteSigner

from .forger import EDITION, NOTICE_HASH, RECORDS, Forger, made_log, person


def _edited(forger: Forger) -> None:
    forger.set_leaf(41, kind="grant-of-everything")


def _edited_choice(forger: Forger) -> None:
    """What one visitor chose is put into another's record, with its salt."""
    forger.run(
        "UPDATE records SET (salt, payload, person, key_id) = "
        "(SELECT salt, payload, person, key_id FROM records WHERE idx = 41) WHERE idx = 43"
    )


def _deleted(forger: Forger) -> None:
    forger.run("DELETE FROM records WHERE idx = 41", "UPDATE records SET idx = -idx WHERE idx > 41")
    forger.run("UPDATE records SET idx = -idx - 1 WHERE idx < 0")


def _reordered(forger: Forger) -> None:
    forger.exchange(130, 131)


def _cut(forger: Forger) -> None:
    """Back to the state after the third batch, in every table: it was signed once, and holds by itself."""
    forger.run("DELETE FROM records WHERE idx >= 127", "DELETE FROM heads WHERE size > 127")
    forger.rewrite()


def _forked(forger: Forger) -> None:
    """Another history from record 41 on, signed by the log's own key."""
    forger.set_leaf(41, kind="grant-of-everything")
    forger.rewrite()


def _other_notice(forger: Forger) -> None:
    forger.run(f"UPDATE notices SET html = CAST('<p>I agree.' AS BLOB) WHERE hash = '{NOTICE_HASH}'")


def _other_key(forger: Forger) -> None:
    name = Keys.open(forger.data).log.verifier.name
    forger.rewrite(NoteSigner(name, Ed25519PrivateKey.generate()))


def _backdated(forger: Forger) -> None:
    """Signed by the log's own key: it is the record's neighbours that convict."""
    forger.set_leaf(299, time=1_600_000_000_000)
    forger.rewrite()


_EMPTY = "salt = NULL, payload = NULL, person = NULL, key_id = NULL"


def _emptied(forger: Forger) -> None:
    """One row, as an erasure would leave it."""
    forger.run(f"UPDATE records SET {_EMPTY} WHERE idx = 41")


def _emptied_under_an_erasure(forger: Forger) -> None:
    forger.erase(person(2))
    _emptied(forger)


def _emptied_before_an_erasure(forger: Forger) -> None:
    """An honest erasure afterwards must not make it good."""
    _emptied(forger)
    forger.erase(person(2))


_KEPT = "salt, payload, person, key_id"
_BACKED_UP = (
    "CREATE TABLE records_then AS SELECT * FROM records",
    "CREATE TABLE people_then AS SELECT * FROM people",
    "CREATE TABLE account_then AS SELECT * FROM facts WHERE name = 'stripped'",
    "CREATE TABLE bits_then AS SELECT * FROM stripped",
)
_RESTORED = (
    f"UPDATE records SET ({_KEPT}) = (SELECT {_KEPT} FROM records_then AS old WHERE old.idx = records.idx) "
    "WHERE salt IS NULL AND idx IN (SELECT idx FROM records_then)",
    "INSERT INTO people SELECT * FROM people_then WHERE id NOT IN (SELECT id FROM people)",
)


def _put_back(forger: Forger) -> None:
    """The rows of somebody who was erased, from a backup."""
    forger.run(*_BACKED_UP)
    forger.erase(person(2))
    forger.run(*_RESTORED)


def _filed_again(forger: Forger) -> None:
    """Whose a stripped record was can be read again."""
    forger.erase(person(2))
    forger.run("UPDATE records SET person = 'abc' WHERE salt IS NULL")


def _unmarked(forger: Forger) -> None:
    forger.erase(person(2))
    forger.run("DELETE FROM erased")


def _unmarked_before_an_erasure(forger: Forger) -> None:
    """An honest erasure afterwards commits to the marks that are there, and must not make it good."""
    _unmarked(forger)
    forger.erase(person(3))


def _without_account(forger: Forger) -> None:
    forger.erase(person(2))
    forger.run("DELETE FROM facts WHERE name = 'stripped'", "DELETE FROM stripped")


def _account_of_before(forger: Forger) -> None:
    """The account of the erasure before, and the rows as they were then."""
    forger.erase(person(2))
    forger.run(*_BACKED_UP)
    forger.erase(person(3))
    forger.run(
        *_RESTORED,
        "UPDATE facts SET value = (SELECT value FROM account_then) WHERE name = 'stripped'",
        "DELETE FROM stripped",
        "INSERT INTO stripped SELECT * FROM bits_then",
        "DELETE FROM erased WHERE idx = 301",
    )


def _account_of_before_goes_on(forger: Forger) -> None:
    """The same, and then somebody else is erased: the account goes on from one that is not the newest."""
    _account_of_before(forger)
    forger.erase(person(4))


def _by(*statements: str) -> Callable[[Forger], None]:
    """An attack that is plain SQL."""
    return lambda forger: forger.run(*statements)


def _anchored(attack: Callable[[Forger], None]) -> Callable[[Forger], None]:
    """The same attack on a log that was anchored, by somebody who has also put away what its folder remembers."""

    def attack_that_forgets(forger: Forger) -> None:
        forger.anchor()
        attack(forger)
        (forger.data / "log.checkpoint").unlink()

    return attack_that_forgets


def _stamp_of_nothing(forger: Forger) -> None:
    forger.anchor().write_bytes(b"junk")


def _stamp_alone(forger: Forger) -> None:
    forger.anchor().with_suffix(".checkpoint").unlink()


def _anchor_edited(forger: Forger) -> None:
    """The size in the checkpoint that was stamped."""
    path = forger.anchor().with_suffix(".checkpoint")
    path.write_text(path.read_text("utf-8").replace(f"\n{RECORDS}\n", "\n1\n"), "utf-8")


def _of_another_log(forger: Forger) -> None:
    """What is remembered beside the database is of another log."""
    (forger.data / "log.checkpoint").unlink()
    other = forger.data / "other"
    made_log(other)
    shutil.move(other / "log.checkpoint", forger.data)


def _counters_emptied(forger: Forger) -> None:
    """What escaped is forgotten."""
    forger.count()
    forger.run(f"UPDATE records SET {_EMPTY} WHERE idx = {RECORDS}")


def _settings(change: str) -> Callable[[Forger], None]:
    """An attack on the text of the settings, which a record names, by SQL."""

    def attack(forger: Forger) -> None:
        forger.say(rules=EDITION, settings='{"hold":true}')
        forger.run(change)

    return attack


def _key_exchanged(change: str) -> Callable[[Forger], None]:
    """An attack on what leads from the log's first key to the one that signs, by SQL."""

    def attack(forger: Forger) -> None:
        forger.exchange_key()
        forger.count()
        forger.run(change)

    return attack


def _asked(change: str) -> Callable[[Forger], None]:
    """An attack on what visitors were asked about, by SQL."""

    def attack(forger: Forger) -> None:
        forger.ask({"acme": Purpose.ANALYTICS})
        forger.run(change)

    return attack


def adopted(forger: Forger) -> None:
    """The owner lost the end of a log that was anchored, and went on by their own word. It is no attack."""
    forger.anchor()
    _cut(forger)
    forger.adopt()


def _cut_again(forger: Forger) -> None:
    """Behind what the owner declared, under a key that the lost history never had."""
    adopted(forger)
    for _ in range(3):
        forger.count()
    forger.anchor()
    [[size]] = forger.rows("SELECT MAX(size) FROM heads")
    forger.run(f"DELETE FROM records WHERE idx >= {size - 1}", f"DELETE FROM heads WHERE size >= {size}")
    forger.rewrite_tiles()
    (forger.data / "log.checkpoint").unlink()


@dataclass(frozen=True)
class Attack:
    """What is done, at which record it must be told (None: at none), and what kept thing convicts, if it takes one.

    ``others``: whether programs see it that know of trees and signatures alone. ``archived``: whether it is in an
    archive at all.
    """

    do: Callable[[Forger], None]
    index: int | None = None
    by: str = ""
    others: bool = True
    archived: bool = True


def _plain(index: int | None, *statements: str) -> Attack:
    """SQL that changes what no tree has."""
    return Attack(_by(*statements), index, others=False)


def _unseen(index: int | None, *statements: str) -> Attack:
    """SQL that changes what is in no archive."""
    return Attack(_by(*statements), index, others=False, archived=False)


_ACCOUNT = json.dumps({"record": 41, "nonce": "00" * 32, "people": hashlib.sha256().hexdigest()})
ATTACKS = {
    "a record is edited": Attack(_edited, 41),
    "what was chosen is edited": Attack(_edited_choice, 43),
    "a record is deleted and the rest moves up": Attack(_deleted, 41),
    "a pair is reordered": Attack(_reordered, 130),
    "the tail is cut behind a saved checkpoint": Attack(_cut, 127, by="checkpoint"),
    "the history forks from a saved checkpoint": Attack(_forked, by="checkpoint"),
    "a notice is replaced": Attack(_other_notice, 0),
    "another key signs": Attack(_other_key, by="key"),
    "a time goes back": Attack(_backdated, 299),
    "a record is emptied": Attack(_emptied, 41, others=False),
    "a record is emptied, and somebody was erased": Attack(_emptied_under_an_erasure, 41, others=False),
    "a record is emptied, and then somebody is erased": Attack(_emptied_before_an_erasure, 41, others=False),
    "erased records are put back": Attack(_put_back, 3, others=False),
    "an erased record has a person again": Attack(_filed_again, 3, others=False, archived=False),
    "an erased person's mark is deleted": Attack(_unmarked, 300, others=False, archived=False),
    "an erased person's mark is deleted, and then somebody is erased": Attack(
        _unmarked_before_an_erasure, 301, others=False
    ),
    "the account of erasures is deleted": Attack(_without_account, 300, others=False),
    "the account of erasures is an earlier one": Attack(_account_of_before, 301, others=False),
    "an earlier account goes on": Attack(_account_of_before_goes_on, 302, others=False),
    "an account that no record commits to": _plain(
        None, f"INSERT INTO facts VALUES ('stripped', '{_ACCOUNT}')"
    ),
    "a tile is changed": _plain(None, "UPDATE tiles SET hashes = CAST('x' AS BLOB) WHERE level = 1"),
    "the head's frontier is changed": _unseen(
        None, "UPDATE heads SET frontier = CAST('x' AS BLOB) WHERE size = 300"
    ),
    "the head's time is changed": _unseen(None, "UPDATE heads SET time_ms = 4102444800000 WHERE size = 300"),
    "a person's key is gone": _unseen(
        41, "DELETE FROM people WHERE id = (SELECT key_id FROM records WHERE idx = 41)"
    ),
    "a person's key is changed": _unseen(
        41,
        "UPDATE people SET wrapped = CAST('x' AS BLOB) WHERE id = (SELECT key_id FROM records WHERE idx = 41)",
    ),
    "the key of the tags is gone": _unseen(None, "DELETE FROM facts WHERE name = 'lookup'"),
    "the key of the tags is changed": _unseen(None, "UPDATE facts SET value = 'x' WHERE name = 'lookup'"),
    "the name of the master key is gone": _unseen(None, "DELETE FROM facts WHERE name = 'master'"),
    "a record is filed under another": _unseen(41, "UPDATE records SET person = 'abc' WHERE idx = 41"),
    "the rules are replaced": _plain(0, "UPDATE facts SET value = '{}' WHERE name LIKE 'rules/%'"),
    "the rules are gone": _plain(0, "DELETE FROM facts WHERE name LIKE 'rules/%'"),
    "the notice is gone": _plain(0, "DELETE FROM notices"),
    "a salt is changed": _plain(
        41, "UPDATE records SET salt = CAST('0123456789abcdef' AS BLOB) WHERE idx = 41"
    ),
    "the log is cut, and was anchored": Attack(_anchored(_cut), 127, others=False),
    "the history forks, and was anchored": Attack(_anchored(_forked), None, others=False),
    "an adopted log is cut again": Attack(_cut_again, 131, others=False),
    "a stamp is junk": Attack(_stamp_of_nothing, others=False),
    "a stamp's checkpoint is gone": Attack(_stamp_alone, others=False),
    "a stamp's checkpoint is changed": Attack(_anchor_edited, others=False),
    "what is remembered is of another log": Attack(_of_another_log, others=False, archived=False),
    "counters are emptied": Attack(_counters_emptied, RECORDS, others=False),
    "the settings are replaced": Attack(
        _settings("UPDATE facts SET value = '{}' WHERE name LIKE 'settings/%'"), RECORDS, others=False
    ),
    "the settings are gone": Attack(
        _settings("DELETE FROM facts WHERE name LIKE 'settings/%'"), RECORDS, others=False
    ),
    "the exchange of the key is gone": Attack(
        _key_exchanged("DELETE FROM facts WHERE name LIKE 'rotation%'"), others=False
    ),
    "another service was asked about": Attack(
        _asked("UPDATE editions SET services = replace(services, 'acme', 'other')"),
        others=False,
        archived=False,
    ),
    "an old key is to sign": Attack(
        _key_exchanged("DELETE FROM facts WHERE name = 'signing'"), others=False, archived=False
    ),
    "the newest record is gone": Attack(_by("DELETE FROM records WHERE idx = 299"), 299),
}
