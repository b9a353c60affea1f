"""What makes a choice count for less, though its visitor did nothing, is noticed; and it is recorded once."""

import asyncio
from pathlib import Path

import pytest
from holdback.banner.consent.signed_choice import LIFETIME, Choice
from holdback.proxy.assembly.change_records import ChangeRecords
from holdback.proxy.gate.changes import Changes
from holdback.proxy.rules.model import Purpose, Released
from holdback.proxy.rules.places import Place
from holdback.store.export import log_lines
from holdback.store.log.records import NewRecord
from holdback.store.store import LOG_FILE, open_store, reading, vault_of

from tests.support.gates import GERMANY, NOW, TestGate, head

SIGNAL = (b"sec-gpc", b"1")
CALIFORNIA = Place("US", "CA")
PERSON = "00000000-0000-4000-8000-000000000001"


@pytest.mark.parametrize(
    ("place", "headers", "granted", "kinds"),
    [
        (CALIFORNIA, [SIGNAL], [Purpose.MARKETING], ["signal"]),
        (CALIFORNIA, [], [Purpose.MARKETING], []),
        (CALIFORNIA, [SIGNAL], [], []),
        (GERMANY, [SIGNAL], [Purpose.MARKETING], []),
    ],
    ids=["changes it", "no signal", "nothing to change", "an explicit choice stands"],
)
def test_a_signal_is_noticed_where_it_changes_something(
    place: Place, headers: list[tuple[bytes, bytes]], granted: list[Purpose], kinds: list[str]
) -> None:
    gate = TestGate(place=place)
    gate.gate.request(head("/", (b"cookie", gate.cookie(*granted)), *headers), NOW)
    assert [change.kind for change in gate.changes.take()] == kinds
    assert gate.changes.take() == []


def test_an_expired_choice_is_noticed() -> None:
    gate = TestGate()
    for now, kinds in ((NOW, []), (NOW + LIFETIME, ["expired"])):
        gate.gate.request(head("/", (b"cookie", gate.everything())), now)
        assert [change.kind for change in gate.changes.take()] == kinds


def test_no_more_is_kept_than_there_is_room_for() -> None:
    changes = Changes()
    for number in range(2000):
        changes.expired(Choice(f"{number}", 1, "site.test", "ab"))
    assert len(changes.take()) == 1000


async def test_each_is_recorded_once_and_nothing_of_an_older_choice(tmp_path: Path) -> None:
    store, changes = open_store(tmp_path), Changes()
    grant = await store.ledger.append(NewRecord(PERSON, "grant", {"marketing": True}))
    choice = Choice(PERSON, 1, "site.test", "ab", services=frozenset({"acme"}), record=grant.index)
    for _ in range(2):
        recording = ChangeRecords(changes, store.ledger)  # as after a restart
        for _ in range(2):
            changes.signalled(choice, Released())
            await recording.record()
    changes.expired(choice)
    await ChangeRecords(changes, store.ledger).record()
    await store.ledger.append(NewRecord(PERSON, "withdrawal", {}))
    changes.signalled(choice, Released())
    changes.expired(choice)
    await ChangeRecords(changes, store.ledger).record()
    kept = await store.ledger.records_of(PERSON)
    assert [(one.kind, one.how) for one in kept] == [
        ("grant", "form"),
        ("signal", "gpc"),
        ("expired", "time"),
        ("withdrawal", "form"),
    ]
    assert kept[1].services == {"acme": False}
    # Noticed, and then the person is erased: no record may bear their id again.
    await asyncio.to_thread(store.ledger.erase, PERSON)
    changes.signalled(choice, Released())
    await ChangeRecords(changes, store.ledger).record()
    store.close()
    with reading(tmp_path, LOG_FILE) as database:
        records = list(log_lines.records(database, vault_of(database, tmp_path)))
    assert [(one.kind, one.how or one.missing) for one in records] == [
        ("grant", "stripped"),
        ("signal", "stripped"),
        ("expired", "stripped"),
        ("withdrawal", "stripped"),
        ("erased", "owner"),
    ]
    assert all(one.id == "" for one in records)


async def test_what_can_t_be_recorded_waits(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    store, changes = open_store(tmp_path), Changes()
    grant = await store.ledger.append(NewRecord(PERSON, "grant", {"marketing": True}))
    recording = ChangeRecords(changes, store.ledger)
    changes.signalled(Choice(PERSON, 1, "site.test", "ab", record=grant.index), Released())
    log = tmp_path / LOG_FILE
    log.rename(tmp_path / "away.db")
    for _ in range(3):
        await recording.record()
    assert caplog.text.count("could not be recorded yet") == 1
    (tmp_path / "away.db").rename(log)
    await recording.record()
    assert [one.kind for one in await store.ledger.records_of(PERSON)] == ["grant", "signal"]
    store.close()
