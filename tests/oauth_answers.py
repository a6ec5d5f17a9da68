"""Answers of a token service, to feed to the machines. Runs on both interpreters."""

import binascii
import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

TENANT = "0f0f0f0f-1111-2222-3333-444444444444"
ISSUER = "https://login.microsoftonline.com/" + TENANT + "/v2.0"
CLIENT_ID = "6f1c8a52-3f0b-4f5e-9a77-5ca4905e0001"
SMTP_SEND = "https://outlook.office.com/SMTP.Send"
ADDRESS = "printer@bureau.example"
DEVICE_CODE = "DEVICE-CODE-SECRET"


def device_answer(**changes: object) -> bytes:
    """RFC 8628 3.2. A change to None leaves the field out."""
    return _document(
        {
            "device_code": DEVICE_CODE,
            "user_code": "G24WVVELM",
            "verification_uri": "https://login.microsoft.com/device",
            "expires_in": 900,
            "interval": 5,
        },
        changes,
    )


def token_answer(**changes: object) -> bytes:
    """RFC 6749 5.1, as the real service words it."""
    return _document(
        {
            "token_type": "Bearer",
            "scope": SMTP_SEND + " openid profile",
            "expires_in": 3599,
            "access_token": "ACCESS-SECRET-1",
            "refresh_token": "REFRESH-SECRET-1",
            "id_token": id_token(),
        },
        changes,
    )


def refusal(error: str, code: int = 0, sentence: str = "Something was refused.", **changes: object) -> bytes:
    """RFC 6749 5.2 with the real service's additions (AADSTS code, suberror, ids)."""
    document: dict[str, Any] = {"error": error, "correlation_id": "c0ffee00-0000-0000-0000-000000000001"}
    document["error_description"] = sentence
    if code:
        document["error_description"] = "AADSTS" + str(code) + ": " + sentence + " Trace ID: 1 Correlation ID: 2"
        document["error_codes"] = [code]
    return _document(document, changes)


def id_token(**changes: object) -> str:
    claims = _document(
        {
            "aud": CLIENT_ID,
            "iss": ISSUER,
            "tid": TENANT,
            "preferred_username": ADDRESS,
            "name": "Spausdintuvas",
        },
        changes,
    )
    return _base64url(b'{"alg":"RS256"}') + "." + _base64url(claims) + "." + _base64url(b"signature")


def _document(document: "dict[str, Any]", changes: "dict[str, object]") -> bytes:
    """JSON without the fields that are None, in sorted order: MicroPython's dictionaries have no order of their own."""
    document.update(changes)
    pairs = [_json(name) + ":" + _json(document[name]) for name in sorted(document) if document[name] is not None]
    return ("{" + ",".join(pairs) + "}").encode()


def _json(value: object) -> str:
    """JSON in ASCII; MicroPython's own leaves other letters as they are."""
    text = ""
    for character in json.dumps(value):
        code = ord(character)
        if code > 0xFFFF:
            text += f"\\u{0xD7C0 + (code >> 10):04x}"
            code = 0xDC00 + (code & 0x3FF)
        text += character if code < 127 else f"\\u{code:04x}"
    return text


def _base64url(data: bytes) -> str:
    return binascii.b2a_base64(data).decode().strip().replace("+", "-").replace("/", "_").rstrip("=")
