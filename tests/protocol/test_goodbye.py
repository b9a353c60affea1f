"""When the proxy stops, open WebSockets end with a goodbye on both sides."""

import asyncio
import os
import signal
from collections import Counter

from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from tests.support.passing import passing
from tests.support.processes import until

SOCKETS = 30


async def test_everybody_is_told_that_the_proxy_goes_away() -> None:
    told_site: Counter[int | None] = Counter()

    async def echo(site: ServerConnection) -> None:
        try:
            async for message in site:
                await site.send(message)
        finally:
            told_site[site.close_code] += 1

    async with serve(echo, "127.0.0.1", 0) as server:
        address = f"http://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}"
        with passing(address) as (port, process):
            visitors = [await connect(f"ws://127.0.0.1:{port}/") for _ in range(SOCKETS)]
            for visitor in visitors:
                await visitor.send("x")
                assert await visitor.recv() == "x"
            os.kill(process.pid, signal.SIGTERM)
            told: Counter[int | None] = Counter()
            for visitor in visitors:
                try:
                    await asyncio.wait_for(visitor.recv(), 20)
                except ConnectionClosed as closed:
                    told[closed.rcvd.code if closed.rcvd else None] += 1
            await asyncio.to_thread(until, lambda: process.returncode is not None, "the proxy's end", 20)
            assert told == {1001: SOCKETS}
            assert "panicked" not in process.output
    assert told_site == {1001: SOCKETS}
