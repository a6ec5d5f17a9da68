"""The screens, each a class that says which widgets it has now and what happens when one is chosen.

Start at `Home`. A screen is made when it is opened and dropped when it is left; what it shows it reads from the device
when it is opened and when a part of the device that it names in `parts` has changed, never while it is drawn.
"""

from micropython import const

from firmware.panel import format, widgets
from firmware.panel.strings import LANGUAGES, has, text
from firmware.sheet import sheet
from hal.errors import HardwareError, StorageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from firmware.jobs.journal import Job
    from firmware.panel.panel import PanelUI
    from firmware.panel.widgets import Widget
    from hal.api import Document

_SHOWN_JOBS = const(20)
_LOOK_MS = const(1000)  # how often a screen that shows the document looks for it
_LONGEST_LOOKS = const(180)  # then nobody is there: back to the home screen
_LONGEST_ADDRESS = const(254)  # RFC 5321 4.5.3.1.3
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789@.-_+"


class Screen:
    """`name` is what the panel says it is. `tick_ms`: how often `tick` is called while it is open; 0 is never."""

    name = ""
    parts: "tuple[str, ...]" = ()
    tick_ms = 0

    def __init__(self, ui: "PanelUI") -> None:
        self.ui = ui
        self.device = ui.device

    def title(self) -> str:
        raise NotImplementedError

    def build(self) -> "list[Widget]":
        """The widgets from top to bottom, made anew after each change."""
        raise NotImplementedError

    def changed(self) -> None:
        """A part of the device that the screen shows has changed, or the screen is new: read it again."""

    def tick(self) -> None: ...

    def typed(self, character: str) -> None:
        """A character of an attached keyboard."""

    def pressed(self, key: str) -> bool:  # noqa: ARG002
        """A key that the screen may want for itself; False when it does not."""
        return False

    def words(self, key: str, *arguments: str) -> str:
        return text(key, self.device.language, *arguments)


# --- home ---


class Home(Screen):
    name = "home"
    parts = ("accounts", "settings")

    def title(self) -> str:
        return self.words("home.title")

    def build(self) -> "list[Widget]":
        ui = self.ui
        return [
            widgets.tile(self.words("scan.title"), widgets.MAIL, lambda: ui.open(Scan(ui)), main=True),
            widgets.tile(self.words("job.all"), widgets.JOBS, lambda: ui.open(JobList(ui))),
            widgets.tile(self.words("settings.title"), widgets.GEAR, lambda: ui.open(settings_menu(ui))),
            self._sign_in(),
            self._network(),
        ]

    def _sign_in(self) -> "Widget":
        ui, account = self.ui, self.device.accounts.device
        if self.device.settings()["method"] == "off":
            key, icon, tone = "home.off", widgets.WARNING, "warn"
        else:
            key, icon, tone = {
                "SIGNED_IN": ("home.signed_in", widgets.CHECK, "good"),
                "EXPIRED": ("home.expired", widgets.WARNING, "bad"),
                "REAUTH": ("home.reauth", widgets.WARNING, "bad"),
            }.get(account.state, ("home.signed_out", widgets.WARNING, "warn"))
        address = format.clean(account.address) if account.state != "SIGNED_OUT" else self.words("home.sign_in")
        widget = widgets.state(self.words(key), address, icon, tone, lambda: ui.open(EmailStatus(ui)))
        if account.state == "SIGNED_IN" and account.good_until_s is not None:
            widget.value = self.words("home.good_until", format.date(account.good_until_s))
        return widget

    def _network(self) -> "Widget":
        ui, interface = self.ui, standard(self.device)
        tone = "busy" if interface.up() else "warn"
        address = interface.address or self.words("home.address_none")
        name = sheet.interface_name(interface, self.device.language)
        widget = widgets.state(name, interface.web_url, widgets.NETWORK, tone, lambda: ui.open(Network(ui)))
        widget.value = address
        return widget


def standard(device: "Any") -> "Any":
    """The standard network (manual R10)."""
    return next(interface for interface in device.board.network.interfaces if interface.standard)


# --- Scan to Email ---


class Scan(Screen):
    name = "scan"
    tick_ms = _LOOK_MS

    def __init__(self, ui: "PanelUI", to: str = "") -> None:
        super().__init__(ui)
        self.to = to
        self.problem = ""
        self._document: "Document | None" = None
        self._looks = 0

    def title(self) -> str:
        return self.words("scan.title")

    def changed(self) -> None:
        self._document = self.device.board.scanner.document()
        self._looks = 0

    def tick(self) -> None:
        document = self.device.board.scanner.document()
        if (document and document.id) != (self._document and self._document.id):
            self._document = document
            self.problem = ""
            self.ui.mark()
        self._looks += 1
        if self._looks > _LONGEST_LOOKS:
            self.ui.home()

    def build(self) -> "list[Widget]":
        ui, document = self.ui, self._document
        to = widgets.item(
            self.to or self.words("scan.to_none"),
            lambda: ui.open(Recipient(ui, self)),
            self.words("scan.to"),
            icon=widgets.PERSON,
        )
        paper = widgets.item(self.words("scan.document_none"), None, self.words("scan.document"), icon=widgets.DOCUMENT)
        if document is not None:
            paper.text = format.clean(document.name)
            paper.value = format.size(document.size, self.device.language)
        built = [to, paper]
        if self.problem:
            built.append(widgets.notice(self.problem, "bad", widgets.WARNING))
        built.append(widgets.button(self.words("scan.send"), self.send, main=True, enabled=self.to != ""))
        return built

    def typed(self, character: str) -> None:
        self._looks = 0
        if len(self.to) < _LONGEST_ADDRESS:
            self.to += character
        self.problem = ""

    def pressed(self, key: str) -> bool:
        self._looks = 0
        if key == "backspace":
            self.to = self.to[:-1]
        elif key == "start" and self.to:
            self.send()
        else:
            return False
        return True

    def send(self) -> None:
        document = self.device.board.scanner.document()
        if document is None:
            self.problem = self.words("error.no_document")
            return
        try:
            job = self.device.submit_email(self.to, document)
        except ValueError as error:
            self.problem = self.words(str(error.args[0]))
        except StorageError:
            self.problem = self.words("error.storage")
        except MemoryError:
            self.problem = self.words("detail.memory")
        else:
            self.ui.open(Sending(self.ui, job), instead=True)


class Recipient(Screen):
    """The address is typed with the keys on the display, with an attached keyboard, or letter by letter."""

    name = "recipient"

    def __init__(self, ui: "PanelUI", scan: Scan) -> None:
        super().__init__(ui)
        self._scan = scan
        self._text = scan.to
        self._capitals = False
        self._symbols = False
        self._letter = 0

    def title(self) -> str:
        return self.words("scan.to")

    def build(self) -> "list[Widget]":
        shown = widgets.entry(self._text)
        if self.ui.look.letters:
            return [
                shown,
                widgets.picker(_LETTERS[self._letter], _LETTERS, lambda: self.typed(_LETTERS[self._letter])),
                widgets.item(self.words("key.backspace"), self._backspace),
                widgets.button(self.words("panel.ok"), self._done, main=True),
            ]
        built = [shown]
        built += self._keyboard()  # MicroPython has no star in a list
        return built

    def _keyboard(self) -> "list[Widget]":
        letters, symbols = ("qwertyuiop", "asdfghjkl@", "zxcvbnm"), ("1234567890", "!#$%&'*+/=", "?^`{|}~")
        lines = symbols if self._symbols else letters
        keys = []
        for row, line in enumerate(lines):
            first = 0 if row < 2 else 3
            for column, character in enumerate(line.upper() if self._capitals else line):
                keys.append(self._key(character, row, first + 2 * column, 2))
        shift = widgets.key(self.words("key.shift"), (2, 0, 3), self._shift, widgets.SHIFT, chosen=self._capitals)
        keys.insert(20, shift)
        keys.append(widgets.key(self.words("key.backspace"), (2, 17, 3), self._backspace, widgets.BACKSPACE))
        page = "key.letters" if self._symbols else "key.symbols"
        keys.append(widgets.key(self.words(page), (3, 0, 4), self._page))
        for column, character in enumerate("@-_." if self._symbols else "-_+."):
            keys.append(self._key(character, 3, 4 + 2 * column, 2))
        keys.append(widgets.key(self.words("panel.ok"), (3, 12, 8), self._done, chosen=True))
        return keys

    def _key(self, character: str, row: int, column: int, width: int) -> "Widget":
        return widgets.key(character, (row, column, width), lambda: self._tapped(character))

    def _tapped(self, character: str) -> None:
        self.typed(character)
        self._capitals = False

    def typed(self, character: str) -> None:
        if len(self._text) < _LONGEST_ADDRESS and character != " ":
            self._text += character

    def pressed(self, key: str) -> bool:
        if key == "backspace":
            self._backspace()
        elif key in ("left", "right") and self.ui.focus_is_on("picker"):
            self._letter = (self._letter + (1 if key == "right" else -1)) % len(_LETTERS)
        elif key == "start":
            self._done()
        else:
            return False
        return True

    def _backspace(self) -> None:
        self._text = self._text[:-1]

    def _shift(self) -> None:
        self._capitals = not self._capitals

    def _page(self) -> None:
        self._symbols = not self._symbols
        self._capitals = False

    def _done(self) -> None:
        self._scan.to = self._text
        self._scan.problem = ""
        self.ui.back()


class Sending(Screen):
    """Follows one job to its end."""

    name = "sending"
    parts = ("jobs", "progress")

    def __init__(self, ui: "PanelUI", job: "Job") -> None:
        super().__init__(ui)
        self._job: "Any" = job

    def title(self) -> str:
        return self.words("scan.title")

    def changed(self) -> None:
        current = self.device.jobs.current
        if current is not None and current["id"] == self._job["id"]:
            self._job = current
            return
        self._job = self.device.jobs.find(self._job["id"]) or self._job

    def build(self) -> "list[Widget]":
        ui, job = self.ui, self._job
        to, status = format.clean(str(job["to"])), job["status"]
        done = widgets.button(self.words("panel.ok"), ui.home, main=True)
        if status == "sent":
            return [widgets.hero(self.words("message.sent"), "good", widgets.CHECK, to), done]
        if status == "failed":
            more = widgets.button(self.words("panel.details"), lambda: ui.open(JobDetail(ui, job)))
            return [failure(job, self.device.language), more, done]
        if status == "waiting" and job["detail"]:  # it was tried already
            waiting = widgets.hero(self.words("scan.waiting"), "busy", widgets.CLOCK, self.words("scan.retry"))
            return [waiting, widgets.button(self.words("panel.cancel"), self._cancel)]
        if not job["sent_bytes"]:
            return [widgets.hero(self.words("scan.connecting"), "busy", widgets.MAIL, to)]
        language, size = self.device.language, max(1, int(job["size"]))
        sent = min(size, int(job["sent_bytes"]))
        amount = self.words("scan.progress", format.size(sent, language), format.size(size, language))
        return [widgets.progress(sent * 1000 // size, self.words("scan.sending"), amount)]

    def pressed(self, key: str) -> bool:
        if key != "stop":
            return False
        self._cancel()
        return True

    def _cancel(self) -> None:
        self.device.cancel_job(int(self._job["id"]))


# The sentences that the manual gives for what a person can do about a sign-in (R15, R16).
_MESSAGES = {360: "message.not_signed_in", 361: "message.expired", 370: "message.reauth"}


def failure(job: "Any", language: str) -> "Widget":
    """What became of a failed job (manual R17)."""
    number = f"{int(job['code'] or 0):03d}"
    words = number + ": " + text("code." + number, language)
    message = _MESSAGES.get(job["code"])
    if message is None:
        return widgets.notice(words, "bad", widgets.CROSS)
    return widgets.notice(text(message, language), "bad", widgets.WARNING, words)


# --- Job Status ---


class JobList(Screen):
    """The job history (manual R17), and as a second page of it the failed jobs alone."""

    name = "jobs"
    parts = ("jobs",)

    def __init__(self, ui: "PanelUI") -> None:
        super().__init__(ui)
        self._failed_only = False
        self._jobs: "list[Any]" = []

    def title(self) -> str:
        return self.words("job.all")

    def changed(self) -> None:
        self._jobs = self.device.jobs.recent(_SHOWN_JOBS)

    def build(self) -> "list[Widget]":
        built = [
            widgets.tab(self.words("job.all"), not self._failed_only, lambda: self._show(False)),
            widgets.tab(self.words("job.failed_only"), self._failed_only, lambda: self._show(True)),
        ]
        jobs = [job for job in self._jobs if job["status"] == "failed" or not self._failed_only]
        built += [self._row(job) for job in jobs]
        if not jobs:
            key = "job.none_failed" if self._failed_only else "job.none"
            built.append(widgets.hero(self.words(key), "busy", widgets.JOBS))
        return built

    def _show(self, failed_only: bool) -> None:
        self._failed_only = failed_only
        self.changed()

    def _row(self, job: "Any") -> "Widget":
        icon, tone = {
            "sent": (widgets.CHECK, "good"),
            "printed": (widgets.CHECK, "good"),
            "failed": (widgets.CROSS, "bad"),
        }.get(job["status"], (widgets.CLOCK, "busy"))
        about = self.words("job." + job["status"])
        if job["created_s"] is not None:
            about = format.recent(int(job["created_s"]), self.device.board.clock.now()) + " · " + about
        name = format.clean(str(job["to"] or job["name"]))
        code = f"{int(job['code']):03d}" if job["status"] == "failed" and job["code"] is not None else ""
        return widgets.item(name, lambda: self.ui.open(JobDetail(self.ui, job)), about, code, icon, tone)


class JobDetail(Screen):
    name = "job"

    def __init__(self, ui: "PanelUI", job: "Job") -> None:
        super().__init__(ui)
        self._job: "Any" = job

    def title(self) -> str:
        return self.words("job.kind." + self._job["kind"])

    def build(self) -> "list[Widget]":
        job = self._job
        built = []
        if job["status"] == "failed":
            built.append(failure(job, self.device.language))
            number = f"{int(job['code'] or 0):03d}"
            built.append(widgets.field(self.words("job.solution"), self.words("solution." + number)))
            if job["detail"]:
                built.append(widgets.field(self.words("job.detail"), format.clean(str(job["detail"]))))
        tone = {"failed": "bad", "sent": "good", "printed": "good"}.get(job["status"], "busy")
        built.append(widgets.field(self.words("job.state"), self.words("job." + job["status"]), tone))
        if job["to"]:
            built.append(widgets.field(self.words("job.to"), format.clean(str(job["to"]))))
        if job["name"]:
            built.append(widgets.field(self.words("job.document"), format.clean(str(job["name"]))))
        if job["size"]:
            built.append(widgets.field(self.words("job.size"), format.size(int(job["size"]), self.device.language)))
        if job["created_s"] is not None:
            when = format.date_time(int(job["created_s"])) + " UTC"
            built.append(widgets.field(self.words("job.created"), when))
        if job["status"] == "sent" and job["detail"]:
            built.append(widgets.field(self.words("job.detail"), format.clean(str(job["detail"]))))
        return built


# --- Settings ---


class Menu(Screen):
    """A list of screens: its own key in the strings table, and (key, icon, how to make the screen) for each."""

    def __init__(self, ui: "PanelUI", key: str, entries: "list[tuple[str, str, Any]]") -> None:
        super().__init__(ui)
        self.name = key.replace("settings.", "").replace("title", "settings")
        self._key = key
        self._entries = entries

    def title(self) -> str:
        return self.words(self._key)

    def build(self) -> "list[Widget]":
        return [self._item(key, icon, make) for key, icon, make in self._entries]

    def _item(self, key: str, icon: str, make: "Any") -> "Widget":
        return widgets.item(self.words(key), lambda: self.ui.open(make(self.ui)), icon=icon)


def settings_menu(ui: "PanelUI") -> Menu:
    entries = [("settings.general", widgets.GEAR, general_menu), ("settings.language", widgets.GLOBE, Language)]
    return Menu(ui, "settings.title", entries)


def general_menu(ui: "PanelUI") -> Menu:
    return Menu(ui, "settings.general", [("settings.network", widgets.NETWORK, network_menu)])


def network_menu(ui: "PanelUI") -> Menu:
    return Menu(ui, "settings.network", [("settings.network_status", widgets.NETWORK, status_menu)])


def status_menu(ui: "PanelUI") -> Menu:
    """Network Status (manual R11, R12, R14)."""
    return Menu(
        ui,
        "settings.network_status",
        [
            ("settings.wired_status", widgets.NETWORK, Network),
            ("settings.email_status", widgets.MAIL, EmailStatus),
            ("settings.print_sheet", widgets.DOCUMENT, PrintSheet),
        ],
    )


class Network(Screen):
    """Wired LAN/Wi-Fi Status: where Web Config is found (manual R11), and which network carries OAuth 2.0 (R10)."""

    name = "wired_status"

    def title(self) -> str:
        return self.words("settings.wired_status")

    def build(self) -> "list[Widget]":
        interfaces = sorted(self.device.board.network.interfaces, key=lambda interface: not interface.standard)
        built = []
        for interface in interfaces:
            if len(interfaces) > 1:
                key = "network.standard" if interface.standard else "network.additional"
                built.append(widgets.heading(self.words(key)))
            if not interface.standard:
                built.append(widgets.notice(self.words("network.additional_note"), "warn", widgets.WARNING))
            built += [widgets.field(*pair) for pair in sheet.network(interface, self.device.language)]
        return built


class EmailStatus(Screen):
    """Email Server Status (manual R12)."""

    name = "email_status"
    parts = ("accounts", "settings")

    def title(self) -> str:
        return self.words("settings.email_status")

    def build(self) -> "list[Widget]":
        state = self.device.accounts.device.state
        built = []
        if self.device.settings()["method"] != "off":
            if state in ("EXPIRED", "REAUTH"):
                key = "message.expired" if state == "EXPIRED" else "message.reauth"
                built.append(widgets.notice(self.words(key), "bad", widgets.WARNING))
            elif state == "SIGNED_OUT":
                built.append(widgets.notice(self.words("message.not_signed_in"), "warn", widgets.WARNING))
        return built + [widgets.field(*pair) for pair in sheet.email_server(self.device, self.device.language)]


class PrintSheet(Screen):
    """Print Status Sheet: asks, then prints (manual R14)."""

    name = "print_sheet"

    def __init__(self, ui: "PanelUI") -> None:
        super().__init__(ui)
        self._key = "message.sheet"
        self._states: "list[str]" = []

    def title(self) -> str:
        return self.words("settings.print_sheet")

    def build(self) -> "list[Widget]":
        if self._key == "message.sheet":
            return [
                widgets.hero(self.words(self._key), "busy", widgets.DOCUMENT),
                widgets.button(self.words("panel.cancel"), self.ui.back),
                widgets.button(self.words("panel.print"), self._print, main=True),
            ]
        if self._key == "message.printing":
            reasons = [self._reason(state) for state in self._states]
            return [widgets.hero(self.words(self._key), "busy", widgets.DOCUMENT, " ".join(reasons))]
        tone, icon = ("good", widgets.CHECK) if self._key == "message.printed" else ("bad", widgets.CROSS)
        return [
            widgets.hero(self.words(self._key), tone, icon),
            widgets.button(self.words("panel.ok"), self.ui.back, main=True),
        ]

    def _reason(self, state: str) -> str:
        """What to do about a state of the printer."""
        key = "printer." + state
        return self.words(key if has(key) else "printer.not_ready")

    def _print(self) -> None:
        self._key = "message.printing"
        self._states = self.device.board.printer.states()
        self.ui.start(self._printed())

    async def _printed(self) -> None:
        try:
            await self.device.print_sheet()
            self._key = "message.printed"
        except HardwareError:
            self._key = "error.printer"
        self.ui.mark()


class Language(Screen):
    name = "language"

    def title(self) -> str:
        return self.words("settings.language")

    def build(self) -> "list[Widget]":
        return [self._choice(language) for language in LANGUAGES]

    def _choice(self, language: str) -> "Widget":
        name = self.words("settings.english" if language == "en" else "settings.lithuanian")
        return widgets.choice(name, language == self.device.language, lambda: self._choose(language))

    def _choose(self, language: str) -> None:
        self.device.set_language(language)
