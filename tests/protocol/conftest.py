from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.support.passing import passing
from tests.support.processes import Process
from tests.support.raw_site import OK, RawSite, Script, answering, exchange, raw_site


@dataclass
class Wire:
    """The proxy with a gate that holds nothing, and the site behind it, byte for byte."""

    port: int
    process: Process
    site: RawSite

    def says(self, request: bytes, script: Script | bytes = OK) -> tuple[bytes, bool]:
        """What the visitor gets for *request* while the site does as *script* says, and whether they were cut off."""
        self.site.play(answering(script) if isinstance(script, bytes) else script)
        return exchange(self.port, request)


@pytest.fixture(scope="session")
def running_wire() -> Iterator[Wire]:
    with raw_site(answering(OK)) as site:
        limits = {"first_byte_timeout": 2, "idle_timeout": 2, "connect_timeout": 2, "head_timeout": 1}
        with passing(site.url, limits=limits) as (port, process):
            yield Wire(port, process, site)


@pytest.fixture
def wire(running_wire: Wire) -> Wire:
    running_wire.site.play(answering(OK))
    return running_wire
