"""JSON as the page gets it: a number that is none becomes null."""

from __future__ import annotations

from typing import Any

import msgspec

_ENCODER = msgspec.json.Encoder(enc_hook=str)


def encode(document: Any) -> bytes:
    """UTF-8 JSON; NaN and infinities are null.

    >>> encode({"value": float("nan")})
    b'{"value":null}'
    """
    return _ENCODER.encode(document)
