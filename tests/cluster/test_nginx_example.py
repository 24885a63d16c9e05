"""The configuration of nginx in the documentation, in front of simple servers: its log, and its retries."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.cluster.nginx import Nginx
from tests.integration.raw_socket import request
from tests.ports import HOST, ReservedPort

pytestmark = pytest.mark.slow

SECRET = "a-secret-token"
#: The handshakes of one address at once that the example allows with its limits.
BURST = 500
SWITCHED = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"


@pytest.fixture
def ports() -> Iterator[list[int]]:
    """Return the ports of three upstream servers."""
    reserved = [ReservedPort() for _ in range(3)]
    yield [one.number for one in reserved]
    for one in reserved:
        one.close()


@pytest.fixture
def proxy(ports: list[int], tmp_path: Path) -> Iterator[Nginx]:
    """Return nginx in front of the upstream servers."""
    with Nginx(tmp_path / "nginx", ports) as one:
        yield one


@asynccontextmanager
async def upstream(port: int) -> AsyncIterator[None]:
    """Run a server that accepts each handshake and then closes the connection."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(SWITCHED)
        writer.close()

    async with await asyncio.start_server(answer, HOST, port, reuse_address=True):
        yield


async def handshake(port: int, path: str = "/ws/status/") -> int:
    """Return the HTTP status that answers a handshake."""
    reader, writer = await asyncio.open_connection(HOST, port)
    writer.write(request(path, {}))
    head = await reader.readuntil(b"\r\n\r\n")
    writer.close()
    return int(head.split(b" ", 2)[1])


async def test_restart_of_each_server_in_turn__fails_no_handshake(proxy: Nginx, ports: list[int]) -> None:
    found: Counter[int] = Counter()
    for stopped in ports:
        others = [upstream(port) for port in ports if port != stopped]
        async with others[0], others[1]:
            found.update([await handshake(proxy.port) for _ in range(10)])
    assert found == {101: 30}, (proxy.folder / "error.log").read_text()[-2000:]


async def test_access_log__has_the_path_but_no_query_string(proxy: Nginx, ports: list[int]) -> None:
    async with upstream(ports[0]), upstream(ports[1]), upstream(ports[2]):
        assert await handshake(proxy.port, f"/ws/status/?a=1&token={SECRET}") == 101
        assert await handshake(proxy.port, f"/ws/other/?%74oken={SECRET}") == 101
    await asyncio.to_thread(proxy.stop)
    logged = "".join(log.read_text() for log in proxy.folder.glob("*.log"))
    assert "GET /ws/status/ HTTP/1.1" in logged
    assert "GET /ws/other/ HTTP/1.1" in logged
    assert SECRET not in logged


async def test_handshakes_of_one_address__are_refused_beyond_the_limit(ports: list[int], tmp_path: Path) -> None:
    with Nginx(tmp_path / "nginx", ports, limited=True) as proxy:
        async with upstream(ports[0]), upstream(ports[1]), upstream(ports[2]):
            found = Counter([await handshake(proxy.port) for _ in range(BURST + 200)])
    assert set(found) == {101, 429}
    assert found[101] > BURST
