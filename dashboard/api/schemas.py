"""The shapes of the answers, for the OpenAPI schema. The tests compare each answer with its shape."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from ninja import Field, Schema

from ..contract import Picture
from .typed import schema_of

Live = schema_of(Picture)


class Error(Schema):
    """Why a request was refused: a word for programs, and a sentence that names the remedy."""

    error: str
    detail: str


class ConnectionRow(Schema):
    """One connection. Times are UTC; bytes are payload bytes."""

    id: UUID
    endpoint: str
    path: str
    process_id: UUID | None
    process: str | None = Field(description="Host and process ID.")
    release: str | None
    user_id: str | None
    user: str | None = Field(description="The name; null if the user was deleted.")
    client_ip: str | None
    user_agent: str
    origin: str
    subprotocol: str
    state: str = Field(description="open, closed or rejected.")
    opened_at: datetime = Field(description="The handshake.")
    accepted_at: datetime | None
    closed_at: datetime | None
    duration_s: float | None = Field(description="From the accept to the end.")
    close_code: int | None
    close_reason: str
    sent_code: int | None = Field(description="The close code that the application sent.")
    sent_reason: str | None
    initiator: str = Field(description="client, server, network or unknown; empty while open.")
    cause: str = Field(description="Empty while open.")
    abnormal: bool | None = Field(description="Whether the cause deserves a look; null while open.")
    exact: bool = Field(description="False if the end is an estimate.")
    exception: str | None
    messages_in: int
    messages_out: int
    bytes_in: int
    bytes_out: int
    last_received_at: datetime | None
    last_sent_at: datetime | None
    tab_id: str
    previous_id: UUID | None = Field(description="The connection that this one replaced.")
    client_close_code: int | None
    client_was_clean: bool | None
    client_offline_ms: int | None
    rtt_ms: float | None
    application_ended_at: datetime | None


class ConnectionPage(Schema):
    """Connections, newest first."""

    rows: list[ConnectionRow]
    next: str | None = Field(description="The cursor of the older connections; null if there are none.")
    reached: datetime | None = Field(
        description="Set if the search stopped here because its time was over; `next` continues it."
    )


class Report(Schema):
    """What the client page reported about itself."""

    id: UUID
    at: datetime
    kind: str
    page: str
    state: str
    note: str
    previous_id: UUID | None
    previous_code: int | None
    previous_reason: str
    previous_clean: bool | None
    offline_ms: int | None


class Step(Schema):
    """One step in the life of a connection; `at` is null if its time is unknown."""

    at: datetime | None
    title: str
    detail: str
    kind: str
    connection_id: UUID | None


class ConnectionDetail(Schema):
    """One connection, its reports, its timeline, and the connections of the same page before and after it."""

    connection: ConnectionRow
    reports: list[Report]
    reports_left_out: bool = Field(description="Whether there are reports older than these.")
    timeline: list[Step]
    before: ConnectionRow | None
    after: ConnectionRow | None


class Series(Schema):
    """Numbers of connections in each step, by name.

    Open connections have no cause and no code: by these, `opened` and `open` are empty.
    """

    opened: dict[str, list[int]]
    closed: dict[str, list[int]]
    refused: dict[str, list[int]]
    open: dict[str, list[int]] = Field(description="Open connections at the end of each step.")


class History(Schema):
    """The history of a window. Times are Unix times; `times` has the start of each step."""

    from_: int = Field(alias="from")
    to: float
    step_s: int
    times: list[int]
    series: Series
