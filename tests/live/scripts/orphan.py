"""Not for a device: a simulator that starts one with the given script, prints its process id, and waits to be killed."""

import asyncio
import sys
from pathlib import Path

from tests.live.rig import Rig


async def main(interpreter: str, script: str, folder: str) -> None:
    async with Rig.running(interpreter, script, Path(folder)) as rig:
        if script == "stuck.py":
            await rig.state("stuck")
        assert rig.process is not None
        print(rig.process.pid, flush=True)
        await asyncio.Event().wait()


asyncio.run(main(*sys.argv[1:]))
