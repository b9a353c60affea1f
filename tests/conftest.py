"""What holds for every test."""

import signal
import socket
from collections.abc import Iterator

import pytest
from holdback.proxy.markup.reading import passing, walk


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give a test that drives a browser or somebody's software a second try, counted in the closing line.

    A browser that starves on a busy machine is no finding. A fault of ours shows on both tries.
    """
    for item in items:
        if item.get_closest_marker("browser") or item.get_closest_marker("site"):
            item.add_marker(pytest.mark.flaky(reruns=1))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give a test marked ``both_engines`` a browser of each: Firefox among the long ones if the mark says so."""
    mark = metafunc.definition.get_closest_marker("both_engines")
    if mark is not None and "browser" in metafunc.fixturenames:
        firefox = pytest.param("firefox", marks=pytest.mark.long if "long" in mark.args else ())
        metafunc.parametrize("browser", ["chromium", firefox], indirect=True, scope="module")


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Have Ctrl-C end the programs that tests start, also where a shell started us in the background (POSIX, 2.11)."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    # pytest-rerunfailures says two short things of each test over one connection: Nagle's algorithm makes that 40 ms.
    if hasattr(config, "workerinput"):
        config.failures_db.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # type: ignore[attr-defined]


@pytest.fixture(params=["plain Python", "compiled"], scope="module")
def either_walk(request: pytest.FixtureRequest) -> Iterator[None]:
    """What reads pages, in both of its forms."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "compiled":
            assert walk.compiled is not None, walk.IN_WORDS
        patch.setattr(walk, "passing", walk.compiled if request.param == "compiled" else passing)
        yield
