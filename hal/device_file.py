"""What makes a board this one device: a small JSON file that provisioning writes (`make provision`) and the board reads.

Fields, all of them optional: "serial", "language", "label_password", "drawn_password" (the same, if the board drew it),
"chip_secret" (`hal/identity_file.py`), "client_id", "tenant", "ssid", "wifi_password", "country", "hostname", "dns", "ntp",
"display" (its chip), "touch" (calibration), "roots" (the name of the collection of root certificates in `/roots`),
"certificate" (the path of that for HTTPS, less ".der"; its key ends in ".key"), "https" ("off": not from the start).
"""

import json
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class DeviceFile:
    def __init__(self, path: str) -> None:
        self._path = path
        self._fields: dict[str, Any] = {}
        try:
            with open(path, "rb") as file:
                fields = json.loads(file.read())
            if isinstance(fields, dict):
                self._fields = fields
        except (OSError, ValueError):  # there is none, or none that can be read: the device runs without
            pass

    def text(self, field: str, default: str = "") -> str:
        value = self._fields.get(field)
        return value if isinstance(value, str) else default

    def value(self, field: str) -> "Any":
        return self._fields.get(field)

    def set(self, fields: "dict[str, Any]") -> None:
        """Keep them on flash: afterwards the file is the old one or the new one. Raises OSError."""
        self._fields.update(fields)
        with open(self._path + ".new", "w") as file:
            file.write(json.dumps(self._fields))
        os.rename(self._path + ".new", self._path)
