"""The table of rooms: the modules of each room, and the rooms that it may import.

A room is a folder, or a single module at the top of an app.
"""

from __future__ import annotations

from typing import NamedTuple


class Room(NamedTuple):
    """The modules of one room, and the rooms that they may import."""

    modules: set[str]
    may_import: set[str]


def room(modules: str, may_import: str = "") -> Room:
    """Return a room; both arguments are names separated by spaces."""
    return Room(set(modules.split()), set(may_import.split()))


#: A room may only import rooms above it in this table. ``lifecycle`` and ``dashboard`` stand for the packages
#: themselves.
ROOMS: dict[str, Room] = {
    "lifecycle": room("__init__"),
    "lifecycle.asgi_types": room("asgi_types"),
    "lifecycle.text": room("text"),
    "lifecycle.durations": room("durations"),
    "lifecycle.outages": room("outages"),
    "lifecycle.csp": room("csp"),
    "lifecycle.setting_rules": room("setting_rules"),
    "lifecycle.conf": room("conf", "lifecycle.setting_rules"),
    "lifecycle.database": room("database", "lifecycle.conf"),
    "lifecycle.verdict": room(
        "__init__ cause_texts causes classify close_codes code_texts facts implementations texts"
    ),
    "lifecycle.models": room("models", "lifecycle.verdict"),
    "lifecycle.counts": room(
        "__init__ endpoint_tally histograms labels recent report_limits tally", "lifecycle.verdict"
    ),
    "lifecycle.record": room(
        "__init__ client_reports conversions daemon_executor events folders fsync lines orphans owners "
        "recent_ends recorder spool store upsert writer",
        "lifecycle.conf lifecycle.counts lifecycle.database lifecycle.models lifecycle.outages lifecycle.text "
        "lifecycle.verdict",
    ),
    "lifecycle.server": room(
        "__init__ abandoned adoption bounded busy current extensions faults heartbeat housekeeping identity jobs "
        "leases lost_processes process sockets",
        "lifecycle.conf lifecycle.database lifecycle.models lifecycle.outages lifecycle.record lifecycle.verdict",
    ),
    "lifecycle.startup": room("startup", "lifecycle.asgi_types lifecycle.conf lifecycle.server"),
    "lifecycle.capture": room(
        "__init__ addresses channels_hooks daphne_witness endpoints find_server handshake middleware read_ahead "
        "recorded_socket socket unsent uvicorn_witnesses witness witnesses ws_option_witnesses",
        "lifecycle.asgi_types lifecycle.conf lifecycle.counts lifecycle.record lifecycle.server "
        "lifecycle.setting_rules lifecycle.startup "
        "lifecycle.text lifecycle.verdict",
    ),
    "lifecycle.status": room(
        "__init__ allowance consumer fields frames reports texts",
        "lifecycle.asgi_types lifecycle.conf lifecycle.counts lifecycle.durations lifecycle.record "
        "lifecycle.server lifecycle.verdict",
    ),
    "lifecycle.auth": room(
        "__init__ middleware origin token_scope tokens views",
        "lifecycle.asgi_types lifecycle.capture lifecycle.conf lifecycle.setting_rules lifecycle.status "
        "lifecycle.verdict",
    ),
    "lifecycle.metrics": room(
        "__init__ collector definitions readings",
        "lifecycle lifecycle.conf lifecycle.counts lifecycle.server",
    ),
    "lifecycle.admin": room(
        "__init__ base connections filters paging processes search timeline",
        "lifecycle.conf lifecycle.durations lifecycle.models lifecycle.text lifecycle.verdict",
    ),
    "lifecycle.views": room("views", "lifecycle.conf lifecycle.database lifecycle.metrics lifecycle.server"),
    "lifecycle.urls": room("urls", "lifecycle.views"),
    "lifecycle.routing": room("routing", "lifecycle.status"),
    "lifecycle.checks": room("checks", "lifecycle.conf lifecycle.setting_rules"),
    "lifecycle.installation": room(
        "__init__ asgi_application checks socket_address", "lifecycle.capture lifecycle.views"
    ),
    "lifecycle.apps": room("apps", "lifecycle.checks lifecycle.installation lifecycle.metrics lifecycle.server"),
    "lifecycle.management": room("__init__"),
    "lifecycle.management.commands": room(
        "__init__ lifecycle_housekeeping lifecycle_token",
        "lifecycle.auth lifecycle.conf lifecycle.record lifecycle.server lifecycle.setting_rules",
    ),
    "dashboard": room("__init__"),
    "dashboard.contract": room("contract"),
    "dashboard.endpoints": room("endpoints", "lifecycle.models"),
    "dashboard.texts": room("texts", "lifecycle.durations"),
    "dashboard.permissions": room("permissions", "lifecycle.auth"),
    "dashboard.windows": room("windows"),
    "dashboard.buckets": room("buckets", "dashboard.windows lifecycle.models"),
    "dashboard.history": room(
        "history",
        "dashboard.buckets dashboard.contract dashboard.endpoints dashboard.windows lifecycle.models "
        "lifecycle.verdict",
    ),
    "dashboard.live": room(
        "__init__ broadcast consumer ends hub layer_log look_back merge picture",
        "dashboard.contract dashboard.endpoints dashboard.permissions lifecycle.conf lifecycle.counts "
        "lifecycle.record lifecycle.server lifecycle.verdict",
    ),
    "dashboard.routing": room("routing", "dashboard.endpoints dashboard.live"),
    "dashboard.views": room(
        "views",
        "dashboard.history dashboard.live dashboard.permissions dashboard.routing dashboard.texts "
        "dashboard.windows lifecycle.csp lifecycle.installation lifecycle.verdict",
    ),
    "dashboard.urls": room("urls", "dashboard.views"),
    "dashboard.checks": room("checks", "dashboard.live lifecycle.conf lifecycle.installation"),
    "dashboard.apps": room("apps", "dashboard.checks dashboard.endpoints dashboard.live lifecycle.server"),
}
