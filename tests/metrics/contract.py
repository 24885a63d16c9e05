"""The names, types and labels of the metrics, which must not change."""

from __future__ import annotations

#: Name without suffix -> type and labels. The label "le" of histograms is omitted.
CONTRACT: dict[str, tuple[str, set[str]]] = {
    "websocket_connections_open": ("gauge", {"endpoint"}),
    "websocket_connections_opened": ("counter", {"endpoint"}),
    "websocket_connections_closed": ("counter", {"endpoint", "code", "initiator"}),
    "websocket_disconnects": ("counter", {"endpoint", "cause"}),
    "websocket_handshakes_rejected": ("counter", {"endpoint", "cause"}),
    "websocket_handshake_duration_seconds": ("histogram", {"endpoint"}),
    "websocket_connection_duration_seconds": ("histogram", {"endpoint"}),
    "websocket_messages": ("counter", {"endpoint", "direction"}),
    "websocket_message_bytes": ("counter", {"endpoint", "direction"}),
    "websocket_heartbeat_rtt_seconds": ("histogram", {"endpoint"}),
    "websocket_client_reported_closes": ("counter", {"code", "clean"}),
    "websocket_reconnects": ("counter", {"endpoint"}),
    "lifecycle_events_recorded": ("counter", set()),
    "lifecycle_events_dropped": ("counter", set()),
    "lifecycle_spool_events": ("gauge", set()),
    "lifecycle_last_write_timestamp_seconds": ("gauge", set()),
    "lifecycle_build_info": ("gauge", {"version"}),
}
