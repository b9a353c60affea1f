"""A receipt proves its records to anybody, by `verify.py` and by the command, until something in it is changed."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from holdback.proxy.command.app import run
from holdback.store.proof.kit import verify as kit

from tests.support.desk import Counter, counter

PAGE = {"accept": "text/html,application/xhtml+xml"}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Counter]:
    with counter(tmp_path) as made:
        yield made


async def _receipt(desk: Counter) -> Any:
    """The receipt of somebody who agreed, and then refused, in a log where others chose too."""
    for _ in range(3):
        async with desk.browser(**PAGE) as other:
            await other.post("/_hb/choice", data=desk.form("reject-all"))
    async with desk.browser(**PAGE) as browser:
        await browser.post("/_hb/choice", data=desk.form("save", purpose=["media"]))
        await browser.post("/_hb/choice", data=desk.form("reject-all"))
        return (await browser.get("/_hb/receipt?data")).json()


async def test_it_is_checked_without_us(
    desk: Counter, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    receipt = await _receipt(desk)
    (tmp_path / "receipt.json").write_text(json.dumps(receipt))
    path, key = str(tmp_path / "receipt.json"), desk.store.ledger.verifier

    assert receipt["schema:verifier"] == key
    [notice] = receipt["hasNotice"]
    assert "Privacy choices" in notice["schema:text"]
    for options in ([], ["--key", key], ["--json"]):
        assert kit.main(["--receipt", path, *options]) == 0
        assert run(["log", "verify", "--receipt", path, *options]) == 0
    assert "The receipt holds: record 4, 5 in the log." in capsys.readouterr().out


def _record(receipt: Any) -> Any:
    return receipt["hasConsentRecord"][0]


def _set(field: str, value: object) -> Callable[[Any], None]:
    return lambda receipt: _record(receipt).__setitem__(field, value)


CHANGED: dict[str, tuple[Callable[[Any], object], str]] = {
    "the person": (_set("hasDataSubject", "urn:uuid:0"), "says another thing"),
    "the time": (_set("isIndicatedAtTime", "2020-01-01T00:00:00.000Z"), "says another thing"),
    "how it was expressed": (_set("hasIndicationMethod", "parent"), "says another thing"),
    "a purpose": (
        lambda receipt: _record(receipt)["hasProcess"][0].update(hasConsentStatus="ConsentGiven"),
        "says another thing",
    ),
    "a purpose is gone": (lambda receipt: _record(receipt)["hasProcess"].pop(), "says another thing"),
    "the services": (_set("schema:services", {"acme-metrics": True}), "says another thing"),
    "the index": (_set("schema:logIndex", 2), "does not show"),
    "the leaf": (
        lambda receipt: _record(receipt).update(
            {"schema:leaf": _record(receipt)["schema:leaf"].replace("partial", "grant")}
        ),
        "does not show",
    ),
    "the opening": (
        lambda receipt: _record(receipt).update(
            {"schema:opening": receipt["hasConsentRecord"][1]["schema:opening"]}
        ),
        "not what its leaf commits to",
    ),
    "the opening is gone": (_set("schema:opening", None), "says another thing"),
    "salt and payload of another": (
        lambda receipt: _record(receipt).update(
            {name: receipt["hasConsentRecord"][1][name] for name in ("schema:salt", "schema:payload")}
        ),
        "does not fit",
    ),
    "the notice": (
        lambda receipt: receipt["hasNotice"][0].update({"schema:text": "<p>I agree."}),
        "was replaced",
    ),
    "the notice is gone": (lambda receipt: receipt["hasNotice"].clear(), "was replaced"),
    "a step of the proof": (
        lambda receipt: _record(receipt).update(
            {"schema:inclusionProof": _without_last_step(_record(receipt)["schema:inclusionProof"])}
        ),
        "too short",
    ),
    "the signature": (
        lambda receipt: _record(receipt).update(
            {"schema:inclusionProof": _record(receipt)["schema:inclusionProof"].replace("\n6\n", "\n7\n")}
        ),
        "has not signed",
    ),
    "everything": (lambda receipt: receipt.clear(), "verifier key"),
    "its records": (lambda receipt: receipt.pop("hasConsentRecord"), "no receipt"),
}


def _without_last_step(proof: str) -> str:
    head, _, note = proof.partition("\n\n")
    return f"{head.rpartition(chr(10))[0]}\n\n{note}"


@pytest.mark.parametrize(("change", "reason"), CHANGED.values(), ids=CHANGED)
async def test_what_is_changed_in_it_is_told(
    desk: Counter,
    tmp_path: Path,
    change: Callable[[Any], object],
    reason: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    receipt = await _receipt(desk)
    change(receipt)
    (tmp_path / "receipt.json").write_text(json.dumps(receipt))

    assert kit.main(["--receipt", str(tmp_path / "receipt.json")]) == 1
    assert reason in capsys.readouterr().err
    assert run(["log", "verify", "--receipt", str(tmp_path / "receipt.json")]) == 1
    assert reason in capsys.readouterr().err


async def test_the_page_shows_the_notice_in_words(desk: Counter) -> None:
    page = {"accept": "text/html", "sec-fetch-dest": "document"}
    async with desk.browser(**page) as browser:
        await browser.post("/_hb/choice", data=desk.form("accept-all"))
        html = (await browser.get("/_hb/receipt")).text
    words = html.partition("<pre")[2].partition("</pre>")[0]
    assert "Reject all\nAccept all" in words
    assert "<" not in words.partition(">")[2]
    assert "{" not in words, "no style sheet is text"
    assert "verify.py --receipt receipt.jsonld" in html
