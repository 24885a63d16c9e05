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
    "lifecycle.batches": room("batches"),
    "lifecycle.conversions": room("conversions"),
    "lifecycle.expressions": room("expressions"),
    "lifecycle.text": room("text"),
    "lifecycle.durations": room("durations"),
    "lifecycle.outages": room("outages"),
    "lifecycle.daemon_executor": room("daemon_executor"),
    "lifecycle.csp": room("csp"),
    "lifecycle.setting_rules": room("setting_rules"),
    "lifecycle.conf": room("conf", "lifecycle.setting_rules"),
    "lifecycle.database": room("database", "lifecycle.conf"),
    "lifecycle.verdict": room(
        "__init__ cause_texts causes classify close_codes code_texts facts implementations texts"
    ),
    "lifecycle.models": room("__init__ connections processes rollups", "lifecycle.verdict"),
    "lifecycle.search": room("__init__ addresses expressions terms walk", "lifecycle.models"),
    "lifecycle.counts": room(
        "__init__ endpoint_tally histograms labels recent refusals report_limits tally", "lifecycle.verdict"
    ),
    "lifecycle.record": room(
        "__init__ changes client_reports events folders fsync lines orphans owners "
        "recent_ends recorder refusals spool store upsert writer",
        "lifecycle.batches lifecycle.conf lifecycle.conversions lifecycle.counts lifecycle.daemon_executor "
        "lifecycle.database lifecycle.models lifecycle.outages lifecycle.text lifecycle.verdict",
    ),
    "lifecycle.server": room(
        "__init__ abandoned adoption bounded busy current extensions faults heartbeat housekeeping identity jobs "
        "leases lost_processes process sockets",
        "lifecycle.conf lifecycle.daemon_executor lifecycle.database lifecycle.models lifecycle.outages "
        "lifecycle.record lifecycle.verdict",
    ),
    "lifecycle.history": room(
        "__init__ building checks edges marginals measures periods reads retention rollup rows stored "
        "size traffic upkeep windows",
        "lifecycle.conf lifecycle.database lifecycle.expressions lifecycle.models lifecycle.server "
        "lifecycle.verdict",
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
        "lifecycle.conf lifecycle.durations lifecycle.models lifecycle.search lifecycle.text lifecycle.verdict",
    ),
    "lifecycle.views": room("views", "lifecycle.conf lifecycle.database lifecycle.metrics lifecycle.server"),
    "lifecycle.urls": room("urls", "lifecycle.views"),
    "lifecycle.routing": room("routing", "lifecycle.status"),
    "lifecycle.checks": room("checks", "lifecycle.conf lifecycle.setting_rules"),
    "lifecycle.installation": room(
        "__init__ asgi_application checks socket_address", "lifecycle.capture lifecycle.views"
    ),
    "lifecycle.apps": room(
        "apps",
        "lifecycle.checks lifecycle.history lifecycle.installation lifecycle.metrics lifecycle.server",
    ),
    "lifecycle.management": room("__init__"),
    "lifecycle.management.commands": room(
        "__init__ lifecycle_housekeeping lifecycle_prune lifecycle_rollups lifecycle_token",
        "lifecycle.auth lifecycle.conf lifecycle.history lifecycle.record lifecycle.server "
        "lifecycle.setting_rules",
    ),
    "dashboard": room("__init__"),
    "dashboard.contract": room("contract"),
    "dashboard.endpoints": room("endpoints"),
    "dashboard.texts": room("texts", "lifecycle.durations"),
    "dashboard.permissions": room("permissions", "lifecycle.auth"),
    "dashboard.shared_reads": room("shared_reads"),
    "dashboard.distributions": room("distributions", "dashboard.contract lifecycle.history"),
    "dashboard.history": room(
        "history",
        "dashboard.contract dashboard.distributions lifecycle.history lifecycle.models lifecycle.verdict",
    ),
    "dashboard.live": room(
        "__init__ broadcast consumer encoding ends hub layer_log look_back merge picture",
        "dashboard.contract dashboard.permissions lifecycle.conf lifecycle.counts lifecycle.daemon_executor "
        "lifecycle.history lifecycle.record lifecycle.server lifecycle.verdict",
    ),
    "dashboard.gates": room("gates", "dashboard.permissions"),
    "dashboard.explorer": room(
        "__init__ columns conditions counts families filters form labels page paging query values views",
        "dashboard.gates dashboard.texts lifecycle.csp lifecycle.durations lifecycle.expressions "
        "lifecycle.history lifecycle.models lifecycle.search lifecycle.text lifecycle.verdict",
    ),
    "dashboard.window_queries": room("window_queries", "dashboard.explorer lifecycle.history"),
    "dashboard.routing": room("routing", "dashboard.endpoints dashboard.live"),
    "dashboard.views": room(
        "views",
        "dashboard.gates dashboard.history dashboard.live dashboard.routing dashboard.shared_reads "
        "dashboard.texts dashboard.window_queries lifecycle.csp lifecycle.installation lifecycle.verdict",
    ),
    "dashboard.urls": room("urls", "dashboard.explorer dashboard.views"),
    "dashboard.models": room("models"),
    "dashboard.admin": room("admin", "dashboard.models"),
    "dashboard.api.data": room(
        "__init__ cells columns detail rows series",
        "dashboard.explorer lifecycle.admin lifecycle.history lifecycle.models lifecycle.search lifecycle.verdict",
    ),
    "dashboard.api": room(
        "__init__ access errors export limits parameters reads responses schemas service streaming tokens typed "
        "urls",
        "dashboard.api.data dashboard.contract dashboard.explorer dashboard.live dashboard.models "
        "dashboard.permissions dashboard.shared_reads lifecycle lifecycle.capture lifecycle.counts lifecycle.csp "
        "lifecycle.history lifecycle.search",
    ),
    "dashboard.management": room("__init__"),
    "dashboard.management.commands": room("__init__ lifecycle_api_token", "dashboard.api dashboard.models"),
    "dashboard.checks": room("checks", "dashboard.live lifecycle.conf lifecycle.installation"),
    "dashboard.apps": room("apps", "dashboard.checks dashboard.endpoints dashboard.live lifecycle.server"),
}
