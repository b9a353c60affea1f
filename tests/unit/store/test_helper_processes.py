"""Work that is shared with helper processes: all of it is done, once, whatever becomes of a helper."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from holdback.store.log.helper_processes import shared

HERE = os.getpid()


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Helpers find what stands in this file."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[3]))


def square(number: int) -> tuple[int, int]:
    time.sleep(0.005)
    return number * number, os.getpid()


def fail(number: int) -> tuple[int, int]:
    raise ValueError(number)


def die(number: int) -> tuple[int, int]:
    os.kill(os.getpid(), signal.SIGKILL)
    return number, 0


def talk(number: int) -> tuple[int, int]:
    print("in between", flush=True)
    return number, 0


@pytest.mark.parametrize("helpers", [0, 1, 3])
@pytest.mark.parametrize("many", [0, 1, 2, 200])
def test_everything_is_done_and_in_order(helpers: int, many: int) -> None:
    found = shared(square, square, range(many), helpers)

    assert [number for number, _ in found] == [number * number for number in range(many)]
    if many == 200:
        by = {process for _, process in found}
        assert HERE in by
        assert len(by) == helpers + 1


def test_what_is_printed_is_no_answer() -> None:
    found = shared(talk, square, range(200), 1)

    assert [number for number, _ in found] != [number * number for number in range(200)]
    assert all(found[number] in {(number, 0), (number * number, HERE)} for number in range(200))


@pytest.mark.parametrize("there", [fail, die, lambda number: (number, 0)])
def test_what_a_helper_does_not_do_is_done_here(there: object) -> None:
    found = shared(there, square, range(60), 2)  # type: ignore[arg-type]

    assert found == [(number * number, HERE) for number in range(60)]


def test_a_helper_that_ends_before_it_has_read_anything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sitecustomize.py").write_text("import os; os._exit(1)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    more_than_a_pipe_holds = {number: bytes(32) for number in range(10_000)}
    assert shared(len, len, [more_than_a_pipe_holds] * 5, 2) == [10_000] * 5


def test_where_no_helper_can_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")

    assert shared(square, square, range(3), 2) == [(0, HERE), (1, HERE), (4, HERE)]


def test_where_it_fails_here_the_helpers_end_with_what_they_have_in_hand() -> None:
    done: list[int] = []

    def here(number: int) -> tuple[int, int]:
        done.append(number)
        raise KeyboardInterrupt

    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        shared(square, here, range(10_000), 2)

    assert done == [9_999]
    assert time.monotonic() - started < 10  # all of it would take 25 seconds


def test_for_a_program_that_comes_by_standard_input() -> None:
    program = (
        "from holdback.store.log.helper_processes import shared\n"
        "from math import sqrt\n"
        "print(shared(sqrt, sqrt, [4.0, 9.0] * 1000, 1)[:2])"
    )
    done = subprocess.run(
        [sys.executable, "-"], input=program, capture_output=True, text=True, timeout=60, check=True
    )

    assert (done.stdout, done.stderr) == ("[2.0, 3.0]\n", "")
