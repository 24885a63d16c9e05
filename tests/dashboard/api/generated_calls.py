"""Calls every address with a generated client, with a token, with a session and with neither; run by a test.

``python generated_calls.py URL COOKIE`` reads the token and the session key from its input, and prints the
statuses and what it read as JSON. The package ``lifecycle_client`` is what openapi-python-client made of the
schema.
"""

import json
import sys
from typing import Any

import lifecycle_client
from lifecycle_client.api.connections import connection, connections, history, live
from lifecycle_client.api.export import connections_csv, connections_ndjson
from lifecycle_client.models import ConnectionDetail, ConnectionPage, History, Picture


def called(client: Any) -> dict[str, Any]:  # noqa: ANN401 - a generated class
    """Call every address; return the statuses, and what the answers say."""
    listed = connections.sync_detailed(client=client, limit=10, cause="network_lost")
    answers = {
        "live": live.sync_detailed(client=client),
        "history": history.sync_detailed(client=client, since="1h"),
        "connections": listed,
        "csv": connections_csv.sync_detailed(client=client, since="1h"),
        "ndjson": connections_ndjson.sync_detailed(client=client, since="1h"),
    }
    if isinstance(listed.parsed, ConnectionPage):
        answers["connection"] = connection.sync_detailed(listed.parsed.rows[0].id, client=client)
    return {
        "statuses": {name: int(answer.status_code) for name, answer in answers.items()},
        "typed": sorted(
            name
            for name, answer in answers.items()
            if isinstance(answer.parsed, ConnectionDetail | ConnectionPage | History | Picture)
        ),
        "errors": sorted({answer.parsed.error for answer in answers.values() if hasattr(answer.parsed, "error")}),
        "lines": {name: answers[name].content.count(b"\n") for name in ("csv", "ndjson")},
    }


url, cookie = sys.argv[1:]
token, session = sys.stdin.read().split()
clients = {
    "token": lifecycle_client.AuthenticatedClient(base_url=url, token=token),
    "session": lifecycle_client.Client(base_url=url, cookies={cookie: session}),
    "nobody": lifecycle_client.Client(base_url=url),
}
print(json.dumps({name: called(client) for name, client in clients.items()}))
