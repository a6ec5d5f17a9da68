"""Somebody else's identity provider and mail server: Authlib and Flask with the device flow, aiosmtpd with XOAUTH2.

They stand for any provider that speaks RFC 8628 and any server that takes XOAUTH2.
"""

from __future__ import annotations

import secrets
import socket
import ssl
import threading
import time
from base64 import b64decode
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import ClientMixin, RefreshTokenGrant
from authlib.oauth2.rfc8628 import DEVICE_CODE_GRANT_TYPE, DeviceAuthorizationEndpoint, DeviceCodeGrant
from flask import Flask, jsonify
from joserfc import jwt
from joserfc.jwk import OctKey
from werkzeug.serving import BaseWSGIServer, make_server

CLIENT_ID = "somebody-elses-client"
SCOPE = "mail.send offline_access openid email"
ADDRESS = "printer@elsewhere.test"


class Client(ClientMixin):  # type: ignore[misc]
    """The one public client that is registered here."""

    def get_client_id(self) -> str:
        return CLIENT_ID

    def get_default_redirect_uri(self) -> str:
        return ""

    def get_allowed_scope(self, scope: str | None) -> str:
        return " ".join(word for word in (scope or "").split() if word in SCOPE.split())

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return False

    def check_client_secret(self, client_secret: str) -> bool:
        return False

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method == "none"

    def check_response_type(self, response_type: str) -> bool:
        return False

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in (DEVICE_CODE_GRANT_TYPE, "refresh_token")


class Credential(dict):  # type: ignore[type-arg]
    def get_client_id(self) -> str:
        return CLIENT_ID

    def get_scope(self) -> str:
        return str(self["scope"])

    def get_user_code(self) -> str:
        return str(self["user_code"])

    def is_expired(self) -> bool:
        return time.time() > self["expires_at"]


class RefreshToken(Credential):
    def check_client(self, client: Client) -> bool:
        return True


class Provider:
    """An issuer at `url`. Refresh tokens rotate and the old one is dead at once, unlike Microsoft's."""

    def __init__(self, certificate: ssl.SSLContext, expires_in_s: int = 3600) -> None:
        self.device_codes: dict[str, Credential] = {}
        self.approved: set[str] = set()
        self.access_tokens: set[str] = set()
        self.refresh_tokens: dict[str, RefreshToken] = {}
        self.refreshes = 0
        self._expires_in_s = expires_in_s
        app = self._app()
        self._server: BaseWSGIServer = make_server("127.0.0.1", 0, app, threaded=True, ssl_context=certificate)
        self.url = f"https://localhost:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Provider:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def approve(self, user_code: str) -> None:
        """What the person does on the provider's page."""
        self.approved.add(user_code)

    def _app(self) -> Flask:
        provider = self
        app = Flask("elsewhere")
        server = AuthorizationServer(
            app,
            query_client=lambda client_id: Client() if client_id == CLIENT_ID else None,
            save_token=lambda token, request: None,  # kept where it is made, below
        )

        def token(*_: Any, **given: Any) -> dict[str, Any]:
            access, refresh = secrets.token_urlsafe(40), secrets.token_urlsafe(40)
            provider.access_tokens.add(access)
            scope = given.get("scope") or SCOPE
            provider.refresh_tokens[refresh] = RefreshToken(scope=scope)
            now = int(time.time())
            claims = {
                "iss": provider.url,
                "aud": CLIENT_ID,
                "email": ADDRESS,
                "exp": now + 3600,
                "iat": now,
                "sub": "1",
            }
            identity = jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(secrets.token_bytes(32)))
            return {
                "token_type": "Bearer",
                "access_token": access,
                "refresh_token": refresh,
                "id_token": identity,
                "expires_in": provider._expires_in_s,
                "scope": scope,
            }

        server.register_token_generator("default", token)

        class DeviceEndpoint(DeviceAuthorizationEndpoint):  # type: ignore[misc]
            def get_verification_uri(self) -> str:
                return provider.url + "/activate"

            def save_device_credential(self, client_id: str, scope: str, data: dict[str, Any]) -> None:
                expires_at = time.time() + data["expires_in"]
                provider.device_codes[data["device_code"]] = Credential(data, scope=scope, expires_at=expires_at)

        class DeviceGrant(DeviceCodeGrant):  # type: ignore[misc]
            TOKEN_ENDPOINT_AUTH_METHODS = ["none"]

            def query_device_credential(self, device_code: str) -> Credential | None:
                return provider.device_codes.get(device_code)

            def query_user_grant(self, user_code: str) -> tuple[str, bool] | None:
                return (ADDRESS, True) if user_code in provider.approved else None

            def should_slow_down(self, credential: Credential) -> bool:
                return False

        class Refresh(RefreshTokenGrant):  # type: ignore[misc]
            TOKEN_ENDPOINT_AUTH_METHODS = ["none"]
            INCLUDE_NEW_REFRESH_TOKEN = True

            def authenticate_refresh_token(self, refresh_token: str) -> RefreshToken | None:
                return provider.refresh_tokens.pop(refresh_token, None)

            def authenticate_user(self, refresh_token: RefreshToken) -> str:
                return ADDRESS

            def revoke_old_credential(self, refresh_token: RefreshToken) -> None:
                provider.refreshes += 1

        server.register_endpoint(DeviceEndpoint)
        server.register_grant(DeviceGrant)
        server.register_grant(Refresh)

        @app.get("/.well-known/openid-configuration")
        def discovery() -> Any:
            return jsonify(
                issuer=provider.url,
                device_authorization_endpoint=provider.url + "/device",
                token_endpoint=provider.url + "/token",
            )

        @app.post("/device")
        def device() -> Any:
            return server.create_endpoint_response(DeviceEndpoint.ENDPOINT_NAME)

        @app.post("/token")
        def issue() -> Any:
            return server.create_token_response()

        return app


class MailServer:
    """Takes mail from whoever brings an access token of `provider`, over STARTTLS."""

    def __init__(self, provider: Provider, certificate: ssl.SSLContext) -> None:
        self.mails: list[bytes] = []
        self.bearers: list[str] = []
        handler = self

        class Speaker(SMTP):  # type: ignore[misc]
            async def auth_XOAUTH2(self, server: SMTP, arguments: list[str]) -> AuthResult:  # noqa: N802 - aiosmtpd's name
                blob = await server.challenge_auth("") if len(arguments) == 1 else b64decode(arguments[1])
                fields = bytes(blob).split(b"\x01")
                token = fields[1].removeprefix(b"auth=Bearer ").decode()
                handler.bearers.append(token)
                good = token in provider.access_tokens and fields[0] == b"user=" + ADDRESS.encode()
                return AuthResult(success=good, handled=good, auth_data=fields[0])

        class Listening(Controller):  # type: ignore[misc]
            def factory(self) -> SMTP:
                return Speaker(
                    self.handler,
                    hostname="localhost",
                    tls_context=certificate,
                    require_starttls=True,
                    auth_required=True,
                    auth_exclude_mechanism=["LOGIN", "PLAIN"],
                    data_size_limit=64 * 1024 * 1024,
                )

        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = int(free.getsockname()[1])
        self._controller = Listening(self, hostname="127.0.0.1", port=self.port)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's
        content = envelope.content
        assert isinstance(content, bytes)
        self.mails.append(content)
        return "250 2.0.0 taken"

    def __enter__(self) -> MailServer:
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()


def context(folder: Path) -> tuple[ssl.SSLContext, str]:
    """A server's TLS context for localhost, and the PEM of the authority that vouches for it."""
    from tests.live.certificates import Authority

    authority = Authority("Elsewhere's authority")
    return authority.server(folder, "localhost"), ssl.DER_cert_to_PEM_cert(authority.der)
