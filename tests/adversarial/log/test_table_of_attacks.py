"""The table of attacks on the consent log.

Each attack changes the database, or a file beside it; some have the signing key. Three verifiers judge what comes of
it: ``holdback log verify`` on the database, ``verify.py`` on an archive that is exported from it, and programs that
nobody here wrote. All three accept the log as it was, and refuse each attack. Where only something kept elsewhere
convicts (a checkpoint, the key), the table says so, and a test says that nothing else would: that is what the
documentation warns of.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from holdback.proxy.command.app import run
from holdback.proxy.rules.model import Purpose
from holdback.store.keys.keyring import Keys

from tests.support.forger import EDITION, RECORDS, SAVED, Forger, made_log, person
from tests.support.independent import NotConvinced, convinced
from tests.support.log_attacks import ATTACKS, Attack, adopted
from tests.support.postgres import Postgres, postgres_running


@dataclass(frozen=True)
class Original:
    """The log as it was: its folder, and the server that it is on, if it is on one."""

    data: Path
    server: Postgres | None = None

    def copied(self, data: Path) -> Forger:
        """A copy of it in the folder *data*, or in a database of that name."""
        shutil.copytree(self.data, data)
        if self.server is None:
            return Forger(data)
        name = f"copy_{next(_COPIES)}"
        self.server.query("postgres", f"CREATE DATABASE {name} TEMPLATE original")
        return Forger(data, self.server.url(name))


_COPIES = count()


@pytest.fixture(scope="module", params=["SQLite", "PostgreSQL"])
def original(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Original]:
    data = tmp_path_factory.mktemp("log")
    if request.param == "SQLite":
        made_log(data)
        yield Original(data)
        return
    with postgres_running() as server:
        made_log(data, server.url("original"))
        yield Original(data, server)


@dataclass
class Auditor:
    """Somebody who got a copy of the log, and keeps a checkpoint and the key from before."""

    forger: Forger
    saved: Path
    known: str
    known_pem: Path

    @property
    def folder(self) -> Path:
        """An archive of the log as it is now, unpacked."""
        folder, archive = self.forger.data / "unpacked", self.forger.data / "log.tar.gz"
        if not folder.exists():
            data = str(self.forger.data)
            assert (
                run(["log", "export", "--format", "archive", "--output", str(archive), "--data", data]) == 0
            )
            shutil.unpack_archive(archive, folder, "gztar", filter="data")
        return folder

    def by_command(self, *more: str) -> int:
        """What ``holdback log verify`` says of the database."""
        return run(["log", "verify", "--data", str(self.forger.data), *more])

    def by_program(self, *more: str) -> subprocess.CompletedProcess[str]:
        """What ``verify.py`` says of the archive, in a Python that has nothing installed."""
        return subprocess.run(
            [sys.executable, "-I", "-S", self.folder / "verify.py", "--json", *more],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def by_others(self, *, saved: bool, key: bool) -> bool:
        """Whether programs that nobody here wrote accept the archive."""
        try:
            convinced(self.folder, key=self.known_pem if key else None, saved=self.saved if saved else None)
        except NotConvinced:
            return False
        return True


@pytest.fixture
def auditor(original: Original, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Auditor:
    data = tmp_path / "copy"
    forger = original.copied(data)
    monkeypatch.setenv("HOLDBACK_STORE__URL", forger.url)
    auditor = Auditor(forger, tmp_path / "saved", str(Keys.open(data).log.verifier), tmp_path / "known.pem")
    shutil.copy(data / "saved", auditor.saved)
    public = Keys.open(data).log.verifier.public
    pem = Ed25519PublicKey.from_public_bytes(public).public_bytes(
        Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
    )
    auditor.known_pem.write_bytes(pem)
    return auditor


def _kept(auditor: Auditor, by: str) -> list[str]:
    """The options for what the auditor kept."""
    return {"": [], "checkpoint": ["--checkpoint", str(auditor.saved)], "key": ["--key", auditor.known]}[by]


def test_the_log_as_it_was_is_accepted(auditor: Auditor) -> None:
    everything = [*_kept(auditor, "checkpoint"), *_kept(auditor, "key")]
    done = auditor.by_program(*everything)

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["size"], found["saved"], found["notices"]) == (RECORDS, SAVED, 1)
    assert auditor.by_command(*everything) == 0
    assert auditor.by_command("--archive", str(auditor.folder), *everything) == 0
    assert auditor.by_others(saved=True, key=True)


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_every_verifier_refuses(auditor: Auditor, attack: Attack, capsys: pytest.CaptureFixture[str]) -> None:
    attack.do(auditor.forger)
    kept = _kept(auditor, attack.by)

    assert auditor.by_command(*kept, "--json") == 1
    fault = json.loads(capsys.readouterr().out.splitlines()[0])
    if attack.index is not None:
        assert fault["index"] == attack.index, fault
    if attack.archived:
        done = auditor.by_program(*kept)
        assert done.returncode == 1, done.stdout + done.stderr
        fault = json.loads(done.stdout)
        assert fault["ok"] is False
        assert fault["index"] == attack.index, fault
        assert auditor.by_command("--archive", str(auditor.folder), *kept) == 1
    if attack.others:
        assert not auditor.by_others(saved=attack.by == "checkpoint", key=attack.by == "key")


def test_a_log_that_was_adopted_is_accepted(auditor: Auditor) -> None:
    """Though an anchor of the lost history is larger than it: a record declares that, and another key signs."""
    adopted(auditor.forger)
    done = auditor.by_program(*_kept(auditor, "key"))

    assert done.returncode == 0, done.stderr
    assert auditor.by_command(*_kept(auditor, "key")) == 0
    assert auditor.by_command("--archive", str(auditor.folder), *_kept(auditor, "key")) == 0


def test_a_log_that_was_used_is_accepted(auditor: Auditor) -> None:
    """The healthy twin of the attacks on one: anchored, its key exchanged, people erased, settings and counters."""
    auditor.forger.anchor()
    auditor.forger.exchange_key()
    auditor.forger.say(rules=EDITION, settings='{"hold":true}')
    auditor.forger.count()
    auditor.forger.ask({"acme": Purpose.ANALYTICS})
    for number in (2, 3, 2):
        auditor.forger.erase(person(number))
    everything = [*_kept(auditor, "checkpoint"), *_kept(auditor, "key")]
    done = auditor.by_program(*everything)

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["stripped"] == 8
    assert auditor.by_command(*everything) == 0
    assert auditor.by_command("--archive", str(auditor.folder), *everything) == 0


@pytest.mark.parametrize(
    "attack",
    [attack for attack in ATTACKS.values() if attack.by],
    ids=[name for name, attack in ATTACKS.items() if attack.by],
)
def test_nothing_in_the_log_alone_shows_what_the_key_holder_rewrote(auditor: Auditor, attack: Attack) -> None:
    attack.do(auditor.forger)

    assert auditor.by_program().returncode == 0
    assert auditor.by_command() == 1, "the folder remembers the newest checkpoint"
    (auditor.forger.data / "log.checkpoint").unlink()
    assert auditor.by_command() == 0
    assert auditor.by_others(saved=False, key=False)
