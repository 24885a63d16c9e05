"""Finds the witness for the server's protocol object of a connection."""

from __future__ import annotations

from collections.abc import Callable
from types import MethodType
from typing import Any

from lifecycle.capture.daphne_witness import DaphneWitness
from lifecycle.capture.uvicorn_witnesses import SansIOWitness
from lifecycle.capture.witness import Witness
from lifecycle.capture.ws_option_witnesses import WebSocketsWitness, WSProtoWitness

#: The witness for each known class of protocol objects, by its module and its name.
WITNESSES: dict[tuple[str, str], type[Witness]] = {
    ("daphne.ws_protocol", "WebSocketProtocol"): DaphneWitness,
    ("uvicorn.protocols.websockets.websockets_sansio_impl", "WebSocketsSansIOProtocol"): SansIOWitness,
    ("uvicorn.protocols.websockets.websockets_impl", "WebSocketProtocol"): WebSocketsWitness,
    ("uvicorn.protocols.websockets.wsproto_impl", "WSProtocol"): WSProtoWitness,
}


def witness_for(protocol: object) -> Witness:
    """Return the witness that reads from a server's protocol object."""
    owner = type(protocol)
    return WITNESSES.get((owner.__module__, owner.__name__), Witness)(protocol)


def witness_of(send: Callable[..., Any]) -> Witness:
    """Return the witness for the server that an ASGI ``send`` callable belongs to.

    Uvicorn's ``send`` is a method of the protocol object. Daphne's ``send`` is a partial function that has the
    protocol object as an argument.
    """
    if isinstance(send, MethodType):
        return witness_for(send.__self__)
    arguments = getattr(send, "args", ())
    return witness_for(arguments[0] if arguments else None)
