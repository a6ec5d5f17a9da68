"""What people do with the printer, in the words of the manual: the administrator at Web Config, a user at the panel.

Each function is a step of a story and runs in every world (`sim/world.py`).
"""

from __future__ import annotations

from typing import Any

from sim.browser import Browser, Page
from sim.words import words
from sim.world import World

ADMINISTRATOR = "admin@bureau.example"
PRINTER = "printer@bureau.example"
ONA = "ona@bureau.example"
# Where Web Config has the settings of which mail server
_PAGES = {"email": "network/email/basic", "fax": "fax/server/basic"}
_CODE_S = 90  # the device waits a minute for a code
_POLL_S = 5  # how often the device asks whether somebody has signed in (RFC 8628 3.2)


class Administrator:
    """An administrator with a browser at Web Config (manual R04 to R09)."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.browser: Browser = world.browser()

    async def log_in(self) -> Page:
        page = await self.browser.open(self.world.web_config_url() + "login")
        page = await self.browser.press(page, "OK", password=self.world.label()["admin_password"])
        assert page.status == 200, page.text
        return page

    async def email_page(self, server: str = "email") -> Page:
        """`server`: "email", or "fax" for the fax server's (manual R21)."""
        return await self.browser.open(self.world.web_config_url() + _PAGES[server])

    async def begin_sign_in(self, server: str = "email", **fields: str | bool) -> dict[str, Any]:
        """Fill in the form, press Sign In, and return the state with the user code in it (manual R06)."""
        page = await self._sign_in_page(server, fields)
        if "Cancel" in _buttons(page):  # an earlier attempt still waits
            await self.browser.press(page, "Cancel")
            page = await self._sign_in_page(server, fields)
        buttons = [word for word in _buttons(page) if word.startswith(("Sign in ", "Try Again"))]
        if not buttons:
            raise LookupError(f"{page.url} offers {_buttons(page)}: {page.text}")
        await self.browser.press(page, buttons[0])
        state = await self.world.until(lambda s: s["signin"] and s["signin"]["state"] != "REQUESTING", _CODE_S)
        signin: dict[str, Any] = state["signin"]
        return signin

    async def _sign_in_page(self, server: str, fields: dict[str, str | bool]) -> Page:
        page = await self.email_page(server)
        button = next((word for word in ("Sign In", "Sign In Again") if word in _buttons(page)), "Sign In")
        return await self.browser.press(page, button, **{"method": "oauth2", **fields})

    async def sign_in(
        self, account: str = PRINTER, consent: str = "organization", **fields: str | bool
    ) -> dict[str, Any]:
        """The whole sign-in, on Web Config and on the cloud's pages; OK is not pressed. Returns the cloud's answer."""
        await self.begin_sign_in("email", **fields)
        return await self.enter_code(account, consent)

    async def enter_code(self, account: str = PRINTER, consent: str = "organization") -> dict[str, Any]:
        """Enter the code that the device shows on the cloud's pages; returns the cloud's answer, once the device has it."""
        code = self.world.state()["signin"]["user_code"]
        answer = await self.world.signin(code, account, self.password(account), consent)
        await self.world.advance(_POLL_S)
        if answer["result"] in ("signed-in", "declined"):
            await self.world.until(lambda s: s["signin"] and s["signin"]["state"] != "WAITING", 120)
        return answer

    def password(self, account: str) -> str:
        [password] = [a["password"] for a in self.world.accounts() if a["address"] == account]
        return str(password)

    async def press_ok(self, server: str = "email", **fields: str | bool) -> Page:
        """Press OK, and confirm what it asks."""
        page = await self.browser.press(await self.email_page(server), "OK", **fields)
        for _ in range(2):
            sure = [word for word in _buttons(page) if word.startswith(("Save", "Yes", "OK, "))]
            if not sure:
                break
            page = await self.browser.press(page, sure[0], **self.proof(page))
        return page

    async def add_user(self, **fields: str | bool) -> Page:
        """Enter a user of Scan to My Email: `id`, `email`, `pin`, and what else the form has (manual R22)."""
        page = await self.browser.open(self.world.web_config_url() + "users")
        return await self.browser.press(page, "OK", **fields, **self.proof(page))

    def proof(self, page: Page) -> dict[str, str | bool]:
        """The password once more, where a page asks for it."""
        asked = any("proof" in form.fields for form in page.forms)
        return {"proof": self.world.label()["admin_password"]} if asked else {}


def custom_form(custom: dict[str, Any], secure: str = "starttls") -> dict[str, str]:
    """The form's fields for the service Custom at the mail provider; `custom` is what its record tells a device.

    `secure`: "starttls", or "tls" from the first byte.
    """
    port = custom["smtps_port" if secure == "tls" else "smtp_port"]
    same = {name: custom[name] for name in ("authority", "client_id", "scope", "smtp_host")}
    return {"service": "custom", **same, "smtp_port": str(port), "secure": secure, "ca": custom["ca_pem"]}


def _buttons(page: Page) -> list[str]:
    return [word for form in page.forms for word in form.buttons]


async def set_up(world: World, **fields: str | bool) -> Administrator:
    """The manual's set-up of a printer in an organization that has consented: log in, sign in, press OK."""
    administrator = Administrator(world)
    await administrator.log_in()
    world.patch_tenant({"consent": ["organization"]})  # as the first sign-in, an administrator's, left it (manual R03)
    answer = await administrator.sign_in(PRINTER, "organization", **fields)
    assert answer["result"] == "signed-in", answer
    await administrator.press_ok()
    await world.until(lambda s: s["accounts"]["device"]["state"] == "SIGNED_IN")
    return administrator


async def scan_to_email(
    world: World, to: str, name: str = "scan.pdf", body: bytes = b"%PDF-1.7 one page\n" * 50
) -> None:
    """Put a document on the glass and send it from the panel; returns when the job has been taken on."""
    before = newest(world.state())
    world.put_document(name, "application/pdf", body)
    language = world.state()["panel"]["language"]
    await world.hands.home()
    await world.tap(words("scan.title", language))
    await world.type(to)
    await world.tap(words("scan.send", language))
    await world.until(lambda s: newest(s) > before)


def newest(state: dict[str, Any]) -> int:
    """The number of the newest job; only the newest few are shown, so counting them tells nothing."""
    return max((job["id"] for job in state["jobs"]), default=0)


async def ended(world: World, timeout_s: float = 30.0) -> dict[str, Any]:
    """Wait until the newest job has ended; returns it."""
    state = await world.until(lambda s: s["jobs"] and s["jobs"][0]["status"] in ("sent", "failed"), timeout_s)
    job: dict[str, Any] = state["jobs"][0]
    return job
