"""The server's side of a TLS handshake, for streams of `hal/network_micropython.py`: loaded on boards that serve HTTPS."""

import asyncio
from time import ticks_add, ticks_diff, ticks_ms  # type: ignore[attr-defined]

import tls  # type: ignore[import-not-found]
from micropython import const

from hal.errors import CertificateError, NetworkTimeout, TLSError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from hal.network_micropython import SocketStream


# MBEDTLS_ERR_ with SSL, MPI, ECP, PK, X509 and ASN1 in front of _ALLOC_FAILED
_NO_MEMORY = (-0x7F00, -0x10, -0x4D80, -0x3F80, -0x2880, -0x6A)
_LONGEST_MS = const(5000)  # ticks of days ago seem to be still to come
_rest: "dict[str, Any]" = {}  # "until": in ticks; of the processor, which there is one of


async def serve(
    stream: "SocketStream", certificate: bytes, key: bytes, timeout_ms: int, begun: "Callable[[], None]"
) -> None:
    """`hal/api.pyi` Stream.serve_tls."""
    deadline: Any = ticks_add(ticks_ms(), timeout_ms)
    await stream.wait(False, deadline)  # a session takes 30 KB: nobody gets one for doing nothing
    if ticks_diff(deadline, ticks_ms()) <= 0:
        raise NetworkTimeout(f"{stream.peer} did not begin a TLS handshake in time")
    context: Any = tls.SSLContext(tls.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(certificate, key)
    except ValueError as error:
        raise CertificateError("other", f"The device's own certificate is of no use: {error}") from None
    try:
        wire = stream.over_wire(lambda wire: context.wrap_socket(wire, server_side=True, do_handshake_on_connect=False))
    except OSError:  # which is for want of memory alone
        raise MemoryError("There is no room for TLS") from None
    answered = False
    while not wire.finished:
        await _others_turn()
        began = ticks_ms()
        try:
            stream.shake(stream.peer)
        except TLSError:
            if stream.tls_errno in _NO_MEMORY:
                raise MemoryError("There is no room for TLS") from None
            raise
        finally:
            _rest["until"] = ticks_add(ticks_ms(), ticks_diff(ticks_ms(), began))
        if wire.wrote and not answered:
            answered = True
            begun()
        if not wire.finished:
            await stream.wait(False, deadline)


async def _others_turn() -> None:
    """Wait for as long as the last step took, whoever's it was: strangers get half of the processor at most."""
    while 0 < (left_ms := ticks_diff(_rest.get("until", ticks_ms()), ticks_ms())) < _LONGEST_MS:
        await asyncio.sleep_ms(left_ms)  # type: ignore[attr-defined]
