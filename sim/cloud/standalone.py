"""The simulated cloud alone, for any mail client to be tested against: `python -m sim cloud`.

It lives in a folder of its own for as long as it runs. Start at `StandaloneCloud.start`.
"""

from __future__ import annotations

import random
import tempfile
import time
from pathlib import Path
from typing import Any

from sim.cloud.cloud import Cloud
from sim.cloud.servers import CloudServers
from sim.web import fields


class StandaloneCloud:
    """`config`: a file with JSON as `PATCH /api/tenant` takes it, and in "tenants", by domain, what is to be changed of the
    others, as `PATCH /api/tenants/{domain}` takes it. Raises OSError, also for a file that makes no sense.
    """

    def __init__(self, config: Path | None = None) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="scanpost-cloud-")
        cloud = Cloud(time.time, random.SystemRandom(), Path(self._folder.name))
        if config is not None:
            try:
                _configure(cloud, fields.read_object(config.read_bytes()))
            except (OSError, ValueError, LookupError) as error:
                self._folder.cleanup()
                raise OSError(f"{config}: {error}") from None
        self.servers = CloudServers(cloud)

    async def start(self, port: int = 0, smtp_port: int = 0) -> dict[str, Any]:
        """Returns the ready file's object. Raises OSError when a port is in use."""
        await self.servers.start(port, smtp_port)
        return self.servers.ready()

    async def stop(self) -> None:
        await self.servers.stop()
        self._folder.cleanup()


def _configure(cloud: Cloud, change: dict[str, Any]) -> None:
    """Raises LookupError, ValueError with a sentence."""
    others = change.pop("tenants", {})
    if not isinstance(others, dict) or not all(isinstance(each, dict) for each in others.values()):
        raise ValueError('"tenants" must be objects by domain, for example {"faksas.example": {"rotates": false}}')
    cloud.patch_tenant(change)
    for domain, changed in others.items():
        cloud.patch_tenant(changed, domain)
