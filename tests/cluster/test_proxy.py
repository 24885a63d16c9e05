"""Behind nginx: upgrades pass, and the client's true address is recorded, whatever its headers say."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.cluster.cluster import Cluster
from tests.cluster.nginx import adapted, command, write_main
from tests.cluster.pages import visit
from tests.faults.ledger import Ledger
from tests.faults.server import until

pytestmark = pytest.mark.slow

#: Addresses of this machine: nginx is at 127.0.0.1, and trusted.
CLIENT, STRANGER, PROXY = "127.0.0.5", "127.0.0.7", "127.0.0.1"
CLAIMED, ALSO_CLAIMED = "203.0.113.9", "198.51.100.4"


async def recorded(calm: Cluster, ledger: Ledger, port: int, address: str, claim: str = "") -> str:
    """Return the recorded address of a client that connects from one address and claims another."""
    headers = {"X-Forwarded-For": claim} if claim else {}
    page = await visit(port, entry := ledger.open("status"), headers, address)
    await page.close(1000, "client_normal")
    await until(lambda: calm.count(f"user_agent = '{entry.path}'") == 1)
    [row] = [row for row in calm.pages() if row["path"] == entry.path]
    return str(row["client_ip"])


@pytest.mark.parametrize(
    "claim",
    ["", CLAIMED, f"{CLAIMED}, {ALSO_CLAIMED}", f"{CLAIMED}, {PROXY}", "no address"],
    ids=["says nothing", "spoofs", "spoofs two", "spoofs a proxy", "spoofs rubbish"],
)
async def test_address__through_nginx_is_the_clients(calm: Cluster, ledger: Ledger, claim: str) -> None:
    assert await recorded(calm, ledger, calm.proxy.port, CLIENT, claim) == CLIENT


async def test_address__header_of_an_untrusted_peer_is_ignored(calm: Cluster, ledger: Ledger) -> None:
    assert await recorded(calm, ledger, calm.servers[0].port, STRANGER, CLAIMED) == STRANGER


async def test_address__header_of_a_trusted_peer_is_believed(calm: Cluster, ledger: Ledger) -> None:
    assert await recorded(calm, ledger, calm.servers[0].port, PROXY, CLAIMED) == CLAIMED


def test_example__is_valid_for_nginx(tmp_path: Path) -> None:
    site = tmp_path / "site.conf"
    site.write_text(adapted(tmp_path, 80, [8001, 8002, 8003]), encoding="utf-8")
    main = write_main(tmp_path, site)
    done = subprocess.run(command(tmp_path, main, "-t"), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "warn" not in done.stderr
