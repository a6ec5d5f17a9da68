"""The file that settings are exported to and imported from: JSON without secrets, with the same checks as the pages (PB-08).

{"scanpost": 1, "model", "email": {...}, "fax": {...}, "contacts": [[name, address], ..], "notification": [[address, [event,
..]], ..], "idle": {"web_min", "panel_min"}}: each part may be missing, nothing else may be there. Start at `exported` and
`Plan`.
"""

import json

from micropython import const

from firmware import settings_rules, strict_json
from firmware.notifications import EVENTS, MOST, Notifications
from firmware.settings import FIELDS
from firmware.web.server import trust_problems

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

_FORMAT = const(1)
_LONGEST_IDLE_MIN = const(240)
_SECRET = ("password", "account")  # the account is the sign-in's, and goes with it
PARTS = ("email", "fax", "contacts", "notification", "idle")


def exported(device: "Any") -> "Iterator[str]":
    """The file, in pieces."""
    yield '{"scanpost": ' + str(_FORMAT) + ', "model": ' + json.dumps(device.board.identity.model)
    for part in PARTS:
        value = _now(device, part)
        if value is not None:
            yield ',\n"' + part + '": ' + json.dumps(value)
    yield "}\n"


def _now(device: "Any", part: str) -> "Any":
    """What the device has, in the file's form; None for a part that it has not."""
    if part == "contacts":
        return [[name, address] for name, address in device.contacts.all()]
    if part == "notification":
        return [[address, events] for address, events in Notifications(device.store).all()]
    if part == "idle":
        return {"web_min": device.web_idle_min, "panel_min": device.panel_idle_min}
    accounts = _accounts(device, part)
    if accounts is None:
        return None
    return {field: value for field, value in accounts.settings().items() if field not in _SECRET}


def _accounts(device: "Any", part: str) -> "Any":
    return device.fax if part == "fax" else device.accounts


class Plan:
    """What an import would change. Raises ValueError(message key, what it names) for a file that is not to be used at all;
    `problems`: (part, message key, what it names, ..) of one whose parts are wrong.
    """

    def __init__(self, device: "Any", data: bytes) -> None:
        self._device = device
        self.problems: "list[tuple[str, ...]]" = []
        self.changes: "list[str]" = []  # parts that would become others
        self._new: "dict[str, Any]" = {}
        try:
            whole = strict_json.loads(data)
        except ValueError:
            raise ValueError("web.transfer_json") from None
        if not isinstance(whole, dict) or whole.get("scanpost") != _FORMAT or whole.get("scanpost") is True:
            raise ValueError("web.transfer_format")
        for name in whole:
            if name not in PARTS and name not in ("scanpost", "model"):
                raise ValueError("web.transfer_unknown", name[:40])
        for part in PARTS:
            now = _now(device, part)
            if part not in whole:
                continue
            if now is None:
                self.problems.append((part, "web.transfer_unknown", part))
                continue
            self._check(part, whole[part])
            if part in self._new and self._new[part] != now:
                self.changes.append(part)

    def _check(self, part: str, value: "Any") -> None:
        if part in ("email", "fax"):
            self._check_server(part, value)
        elif part == "idle":
            good = isinstance(value, dict) and set(value) <= {"web_min", "panel_min"}
            times = dict(_now(self._device, part))
            if good:
                times.update(value)
            if good and all(type(time) is int and 1 <= time <= _LONGEST_IDLE_MIN for time in times.values()):
                self._new[part] = times
            else:
                self._wrong(part, value)
        elif isinstance(value, list) and all(isinstance(entry, list) and len(entry) == 2 for entry in value):
            self._check_list(part, value)
        else:
            self._wrong(part, value)

    def _wrong(self, part: str, value: "Any") -> None:
        self.problems.append((part, "web.transfer_value", str(value)[:40]))

    def _check_server(self, part: str, value: "Any") -> None:
        if not isinstance(value, dict):
            self._wrong(part, value)
            return
        known = [field for field, _ in FIELDS if field not in _SECRET]
        unknown = [field for field in sorted(value) if field not in known]
        if unknown:
            self.problems.append((part, "web.transfer_unknown", unknown[0][:40]))
            return
        saved = _accounts(self._device, part).settings()
        settings, problems = settings_rules.validate(value, saved)
        if not problems and settings["ca"] != saved["ca"]:
            problems = trust_problems(settings, self._device.board.clock.now())
        for field, key, argument in problems:
            self.problems.append((part + ": " + field, key, argument))
        self._new[part] = {field: settings[field] for field in known}

    def _check_list(self, part: str, value: "list[Any]") -> None:
        from firmware import contacts

        try:
            for number, (first, second) in enumerate(value):
                if part == "notification":
                    good = isinstance(first, str) and isinstance(second, list) and number < MOST
                    if not good or any(event not in EVENTS for event in second):
                        raise ValueError("web.transfer_value", str(first)[:40])
                    Notifications(self._device.store).check(first, [other for other, _ in value[:number]])
                else:
                    if not isinstance(first, str) or not isinstance(second, str) or number >= contacts.MOST:
                        raise ValueError("web.transfer_value", str(first)[:40])
                    contacts.check(first, second, [other for _, other in value[:number]])
            self._new[part] = value
        except ValueError as error:
            self.problems.append((part,) + error.args)

    def erased(self) -> "list[str]":
        """The accounts whose sign-in this would erase."""
        found = []
        for part in ("email", "fax"):
            if part in self.changes:
                accounts = _accounts(self._device, part)
                if accounts.account.state != "SIGNED_OUT" and accounts.changes(self._settings(part)):
                    found.append(accounts.account.address)
        return found

    def _settings(self, part: str) -> "dict[str, Any]":
        settings: "dict[str, Any]" = _accounts(self._device, part).settings()
        settings.update(self._new[part])
        return settings

    async def carry_out(self, owner: str) -> None:
        """Raises StorageError; what was written before it stays."""
        device = self._device
        for part in self.changes:
            new = self._new[part]
            if part == "contacts":
                device.contacts.replace([(name, address) for name, address in new])
            elif part == "notification":
                Notifications(device.store).put([(address, events) for address, events in new])
            elif part == "idle":
                device.set_idle_times(new["web_min"], new["panel_min"])
            else:
                await _accounts(device, part).save(self._settings(part), False, owner)
