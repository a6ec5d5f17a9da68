"""The cloud on real sockets, used by other people's clients: smtplib, urllib and ssl with our CA."""

import asyncio
import json
import random
import smtplib
import socket
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode

import pytest

from sim.cloud.cloud import Cloud
from sim.cloud.entra import CLIENT_ID
from sim.cloud.servers import CloudServers
from sim.cloud.standalone import StandaloneCloud
from tests.cloud.world import ADMIN, AUTHORITY, DEVICE_GRANT, ONA, PRINTER, SCOPE, START_S, mail, xoauth2

_T = TypeVar("_T")
Json = dict[str, Any]


class Client:
    """What a mail program does, with blocking sockets."""

    def __init__(self, servers: CloudServers) -> None:
        self.servers = servers
        self.context = ssl.create_default_context(cafile=str(servers.ca_pem_path))
        # Loopback needs no proxy, whatever the environment says.
        handlers = urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=self.context)
        self.open = partial(urllib.request.build_opener(*handlers).open, timeout=60)

    def get(self, url: str) -> bytes:
        with self.open(url) as answer:
            return bytes(answer.read())

    def post(self, url: str, **fields: str) -> Json:
        try:
            with self.open(url, urlencode(fields).encode()) as answer:
                read: Json = json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                read = json.load(error)
        return read

    def tokens(self, sign_in: Callable[[Json], None]) -> Json:
        found = json.loads(self.get(self.servers.cloud_url + "/organizations/v2.0/.well-known/openid-configuration"))
        code = self.post(found["device_authorization_endpoint"], client_id=CLIENT_ID, scope=SCOPE)
        fields = {"grant_type": DEVICE_GRANT, "client_id": CLIENT_ID, "device_code": code["device_code"]}
        sign_in(code)
        return self.post(found["token_endpoint"], **fields)

    def send(self, access_token: str, message: bytes) -> tuple[int, bytes]:
        with smtplib.SMTP("localhost", self.servers.smtp_port, timeout=60) as smtp:
            smtp.starttls(context=self.context)
            smtp.ehlo()
            smtp.auth("XOAUTH2", lambda _=None: f"user={PRINTER}\x01auth=Bearer {access_token}\x01\x01")
            smtp.mail(PRINTER)
            smtp.rcpt(ONA)
            return smtp.data(message)


def live(folder: Path, client: Callable[[CloudServers], _T]) -> _T:
    """Run the servers in this thread's loop and a blocking client beside them."""

    async def main() -> _T:
        cloud = Cloud(lambda: START_S, random.Random(1), folder, authority=AUTHORITY)
        cloud.authority.save(folder)
        servers = CloudServers(cloud)
        await servers.start()
        try:
            return await asyncio.to_thread(client, servers)
        finally:
            await servers.stop()

    return asyncio.run(main())


def signed_in(servers: CloudServers) -> Callable[[Json], None]:
    def sign_in(code: Json) -> None:
        cloud = servers.cloud
        password = next(each["password"] for each in cloud.accounts() if each["address"] == PRINTER)
        cloud.patch_tenant({"consent": ["organization"]})
        assert cloud.complete_sign_in(code["user_code"], PRINTER, password, "user")["result"] == "signed-in"

    return sign_in


def test_the_whole_way_with_other_peoples_clients(tmp_path: Path) -> None:
    message = mail(text=b"x" * 70 + b"\r\n.\r\n..dots\r\n") + b"line\r\n" * 50_000

    def story(servers: CloudServers) -> None:
        client = Client(servers)
        tokens = client.tokens(signed_in(servers))
        assert client.send(tokens["access_token"], message)[0] == 250
        again = client.post(
            servers.cloud_url + "/organizations/oauth2/v2.0/token",
            grant_type="refresh_token",
            client_id=CLIENT_ID,
            refresh_token=tokens["refresh_token"],
        )
        code, text = client.send(again["access_token"], mail(ADMIN))
        assert (code, text[:21]) == (554, b"5.2.252 SendAsDenied;")
        assert servers.cloud.mailboxes.raw(ONA, 1) == message
        assert client.get(f"{servers.mailboxes_url}/{ONA}/1/raw") == message

    live(tmp_path, story)


def test_a_mail_of_34_mb(tmp_path: Path) -> None:
    message = mail() + (b"A" * 76 + b"\r\n") * 458_000

    def story(servers: CloudServers) -> None:
        client = Client(servers)
        tokens = client.tokens(signed_in(servers))
        assert client.send(tokens["access_token"], message)[0] == 250
        assert servers.cloud.mailboxes.raw(ONA, 1) == message

    live(tmp_path, story)


def test_the_pages_are_plain_http_and_named_by_the_device_code(tmp_path: Path) -> None:
    def story(servers: CloudServers) -> None:
        client = Client(servers)
        code = client.post(
            servers.cloud_url + "/organizations/oauth2/v2.0/devicecode", client_id=CLIENT_ID, scope=SCOPE
        )
        assert code["verification_uri"] == servers.signin_url == f"http://127.0.0.1:{servers.pages_port}/devicelogin"
        assert b"Simulated sign-in" in client.get(code["verification_uri"])
        assert b"Simulated sign-in" in client.get(code["verification_uri"].replace("127.0.0.1", "localhost"))
        rebound = urllib.request.Request(servers.signin_url, headers={"Host": "evil.example"})
        with pytest.raises(urllib.error.HTTPError, match="403") as caught:
            client.open(rebound)
        caught.value.close()

    live(tmp_path, story)


def test_sm12_bytes_behind_starttls_in_one_packet_or_in_two_are_dropped(tmp_path: Path) -> None:
    def story(servers: CloudServers) -> None:
        for pieces in ([b"STARTTLS\r\nNOOP\r\n"], [b"STARTTLS\r\n", b""]):
            with socket.create_connection(("127.0.0.1", servers.smtp_port), 10) as plain:
                file = plain.makefile("rb")
                file.readline()
                plain.sendall(b"EHLO a\r\n")
                while file.readline()[3:4] == b"-":
                    pass
                for piece in pieces:
                    plain.sendall(piece)
                assert file.readline() == b"220 2.0.0 SMTP server ready\r\n"
                with Client(servers).context.wrap_socket(plain, server_hostname="smtp.office365.com") as secure:
                    secure.sendall(b"QUIT\r\n")
                    assert secure.recv(100) == b"221 2.0.0 Service closing transmission channel\r\n"
                file.close()

    live(tmp_path, story)


def test_the_certificates_bear_the_well_known_names(tmp_path: Path) -> None:
    def story(servers: CloudServers) -> None:
        for name in ("login.microsoftonline.com", "localhost", "127.0.0.1"):
            with (
                socket.create_connection(("127.0.0.1", servers.https_port), 10) as plain,
                Client(servers).context.wrap_socket(plain, server_hostname=name) as secure,
            ):
                assert secure.version() in ("TLSv1.2", "TLSv1.3")
        with (
            socket.create_connection(("127.0.0.1", servers.https_port), 10) as plain,
            pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"),
        ):
            Client(servers).context.wrap_socket(plain, server_hostname="elsewhere.example")

    live(tmp_path, story)


def test_clients_that_speak_something_else(tmp_path: Path) -> None:
    def story(servers: CloudServers) -> None:
        for port in (servers.https_port, servers.smtp_port, servers.pages_port):
            with socket.create_connection(("127.0.0.1", port), 10) as plain:
                plain.sendall(b"\x16\x03nonsense\r\n\r\n" * 10)
                plain.shutdown(socket.SHUT_WR)
                while plain.recv(65536):
                    pass
        assert b"Simulated" in Client(servers).get(servers.signin_url)

    live(tmp_path, story)


def test_the_name_table(tmp_path: Path) -> None:
    def story(servers: CloudServers) -> None:
        table = servers.name_table()
        assert table["login.microsoftonline.com:443"] == ["127.0.0.1", servers.https_port]
        assert table["smtp-mail.outlook.com:587"] == ["127.0.0.1", servers.smtp_port]
        assert {address for address, _ in table.values()} == {"127.0.0.1"}

    live(tmp_path, story)


def test_a_port_in_use_is_told_and_nothing_is_left_listening(tmp_path: Path) -> None:
    async def main() -> None:
        cloud = Cloud(lambda: START_S, random.Random(1), tmp_path, authority=AUTHORITY)
        first, second = CloudServers(cloud), CloudServers(cloud)
        await first.start()
        try:
            with pytest.raises(OSError, match="in use"):
                await second.start(smtp_port=first.smtp_port)
        finally:
            await first.stop()

    asyncio.run(main())


def test_the_cloud_alone(tmp_path: Path) -> None:
    config = tmp_path / "tenant.json"
    config.write_text('{"access_token_s": 700}')

    async def main() -> Path:
        alone = StandaloneCloud(config)
        ready = await alone.start()
        try:
            assert alone.servers.cloud.tenant()["access_token_s"] == 700
            assert ready["client_id"] == CLIENT_ID
            assert ready["tenant"] == "bureau.example"
            assert {"address", "password", "roles"} == set(ready["accounts"][0])
            client = Client(alone.servers)
            found = json.loads(
                await asyncio.to_thread(client.get, ready["authority"] + "/.well-known/openid-configuration")
            )
            assert found["token_endpoint"].startswith(ready["cloud"])
        finally:
            await alone.stop()
        return Path(ready["ca_pem"]).parent

    assert not asyncio.run(main()).exists()


@pytest.mark.parametrize("text", ["{", "[]", '{"nothing": 1}'])
def test_a_configuration_that_makes_no_sense(tmp_path: Path, text: str) -> None:
    config = tmp_path / "tenant.json"
    config.write_text(text)
    with pytest.raises(OSError, match=r"tenant\.json"):
        StandaloneCloud(config)


def test_xoauth2_as_text() -> None:
    assert xoauth2("a@b.example", "T") == b"dXNlcj1hQGIuZXhhbXBsZQFhdXRoPUJlYXJlciBUAQE="


# --- faults that strike sockets, too ---


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("expired", "expired"),
        ("not-yet-valid", "not yet valid"),
        ("wrong-name", "Hostname mismatch"),
        ("name-in-subject-only", "Hostname mismatch"),
        ("unknown-root", "unable to get local issuer|self-signed"),
        ("self-signed", "self-signed"),
        ("issued-by-a-leaf", "unable to get local issuer"),
    ],
)
def test_sm04_wrong_certificates_are_refused_by_others(tmp_path: Path, reason: str, words: str) -> None:
    """Once; then the good one is presented again."""

    def client(servers: CloudServers) -> None:
        user = Client(servers)
        servers.cloud.faults.add({"where": "login", "kind": "certificate", "reason": reason, "times": 1})
        with pytest.raises(urllib.error.URLError, match=words):
            user.get(servers.cloud_url + "/organizations/v2.0/.well-known/openid-configuration")
        assert user.get(servers.cloud_url + "/organizations/v2.0/.well-known/openid-configuration")
        servers.cloud.faults.add({"where": "smtp", "kind": "certificate", "reason": reason, "times": 1})
        with (
            smtplib.SMTP("localhost", servers.smtp_port, timeout=60) as smtp,
            pytest.raises(ssl.SSLCertVerificationError, match=words),
        ):
            smtp.starttls(context=user.context)

    live(tmp_path, client)


@pytest.mark.parametrize(("kind", "error"), [("reset", ConnectionResetError), ("stall", TimeoutError)])
def test_a_way_breaks_after_so_many_bytes(tmp_path: Path, kind: str, error: type[Exception]) -> None:
    def client(servers: CloudServers) -> None:
        servers.cloud.faults.add({"where": "smtp", "kind": kind, "bytes": 20, "times": 1})
        # A reset may be there before the connection is said to be
        with pytest.raises(error), socket.create_connection(("127.0.0.1", servers.smtp_port), timeout=1) as stream:
            _read_to_the_end(stream)

    live(tmp_path, client)


def _read_to_the_end(stream: socket.socket) -> None:
    while stream.recv(100):
        continue


def test_bytes_that_come_one_by_one(tmp_path: Path) -> None:
    def client(servers: CloudServers) -> bytes:
        servers.cloud.faults.add({"where": "smtp", "kind": "drip", "seconds": 0.001})
        with socket.create_connection(("localhost", servers.smtp_port), timeout=60) as stream:
            line = b""
            while not line.endswith(b"\r\n"):
                line += stream.recv(1)
            return line

    assert live(tmp_path, client).startswith(b"220 ")


@pytest.mark.parametrize("fault", [{"where": "login", "kind": "dns"}, {"where": "device", "kind": "flash-full"}])
def test_what_only_a_simulated_network_and_flash_can_do(tmp_path: Path, fault: dict[str, Any]) -> None:
    cloud = Cloud(lambda: START_S, random.Random(1), tmp_path, authority=AUTHORITY)
    [kind] = [kind for kind in cloud.faults.kinds() if (kind["where"], kind["kind"]) == (fault["where"], fault["kind"])]
    assert kind["virtual_only"]
    with pytest.raises(ValueError, match="only in the virtual world"):
        cloud.faults.add(fault)
