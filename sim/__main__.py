"""`python -m sim`: the command line of the simulator. Each command is a function here; the work is done elsewhere."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from sim.image import ImageError

_PAGE_PORT = 8080  # preferred; any free one is taken when it is in use
_BAUD = (9600, 19200, 38400, 57600, 115200)
_LEAST_HEAP_KB = 16  # with less the interpreter does not even begin
_OK, _FAILED, _WRONG_ARGUMENTS = 0, 1, 2
_CLOUD = (
    "Token service, Exchange Online, and a mail provider that is not Microsoft's, on loopback. Standard output and the "
    "ready file name where they answer: for Microsoft 365 authority, client_id and smtp; for the provider the same under "
    '"provider", with its scope and the port for TLS from the first byte. A mail to number@ its fax_domain is a fax; the '
    'page "faxes" shows what was taken. All people are under "accounts", with their passwords.'
)


def main(arguments: list[str]) -> int:
    """Exit codes: 0 ended as asked, 1 failed, 2 wrong arguments."""
    parsed = _parser().parse_args(arguments)
    try:
        code = int(asyncio.run(parsed.command(parsed)))
        sys.stdout.flush()
        return code
    except BrokenPipeError:  # whoever reads, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # where the rest goes when Python ends
        return _FAILED
    except (OSError, ImageError) as error:
        print(f"scanpost: {error}", file=sys.stderr)
        return _FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sim", description="Scanpost: a mailing scanner and its world.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    run = commands.add_parser("run", help="the printer, in the browser, against the embedded cloud")
    run.add_argument("--headless", action="store_true", help="say where things are only in the ready file")
    run.add_argument("--interpreter", choices=("micropython", "cpython"), help="what runs the firmware")
    where = run.add_mutually_exclusive_group()
    where.add_argument("--state", type=Path, metavar="DIR", help="where flash and cloud are kept")
    where.add_argument("--fresh", action="store_true", help="forget what was kept and begin anew")
    run.add_argument("--fresh-tenant", action="store_true", help="defaults of a new tenant (with a new state)")
    run.add_argument("--language", choices=("en", "lt"), help="language of the panel")
    run.add_argument("--panel", type=_size, default=(320, 240), metavar="320x240|128x64")
    run.add_argument("--port", type=_port, metavar="N", help=f"port of the page (preferred: {_PAGE_PORT})")
    run.add_argument("--heap-kb", type=_heap, default=1024, metavar="N", help="MicroPython's heap (default 1024)")
    run.add_argument("--outside", action="store_true", help="let the device reach other hosts than the simulated ones")
    run.add_argument(
        "--printer-port",
        type=_printer,
        metavar="URL",
        help="also print on a real receipt printer: /dev/ttyUSB0, socket://…",
    )
    run.add_argument(
        "--printer-baud", type=int, choices=_BAUD, default=9600, metavar="N", help="of a serial port (9600)"
    )
    run.add_argument("--printer-paper", choices=("80", "58"), default="80", help="width in mm (default 80)")
    run.add_argument("--ready-file", type=Path, metavar="FILE", help="gets one JSON object once everything answers")
    run.set_defaults(command=_run)
    cloud = commands.add_parser(
        "cloud",
        help="the simulated cloud alone: Microsoft 365 with two tenants, and a mail provider that is a fax gateway",
        description=_CLOUD,
    )
    cloud.add_argument("--port", type=_port, default=0, metavar="N")
    cloud.add_argument("--smtp-port", type=_port, default=0, metavar="N")
    cloud.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help='JSON as the control API\'s PATCH /api/tenant takes it, and in "tenants" the same for the others by domain',
    )
    cloud.add_argument("--ready-file", type=Path, metavar="FILE")
    cloud.set_defaults(command=_cloud)
    _add_scenario(commands.add_parser("scenario", help="play a scenario, or list what there is", add_help=False))
    replay = commands.add_parser("replay", help="show a life that found a violation again, step by step")
    replay.add_argument("file", type=Path, metavar="FILE", help="what the failing test wrote")
    replay.set_defaults(command=_replay)
    return parser


def _add_scenario(scenario: argparse.ArgumentParser) -> None:
    scenario.description = (
        "Plays a procedure of the manual or a failure story (sim/scenarios/), and says what came of it."
    )
    scenario.add_argument("-h", "--help", action=_ScenarioHelp, nargs=0, help="show this, and every step there is")
    what = scenario.add_mutually_exclusive_group(required=True)
    what.add_argument("name", nargs="?", metavar="NAME|FILE", help="a scenario of ours, or a file that ends in .toml")
    what.add_argument("--list", action="store_true", help="list the scenarios")
    scenario.add_argument(
        "--interpreter",
        choices=("virtual", "micropython", "cpython"),
        default="virtual",
        help="virtual: in process on virtual time (default); the others: the firmware as a process, real sockets and TLS",
    )
    scenario.add_argument("--language", choices=("en", "lt"), default="en", help="language of the panel")
    scenario.add_argument("--panel", choices=("320x240", "128x64"), help="the large panel (default) or the small one")
    scenario.add_argument(
        "--hands", choices=("touch", "keys"), help="what works the panel; the small one is worked by keys alone"
    )
    scenario.add_argument("--json", action="store_true", help="tell it as JSON")
    scenario.set_defaults(command=_scenario)


class _ScenarioHelp(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from sim.scenario import vocabulary

        parser.print_help()
        print("\n" + vocabulary())
        parser.exit()


def _size(text: str) -> tuple[int, int]:
    sizes = {"320x240": (320, 240), "128x64": (128, 64)}
    if text not in sizes:
        raise argparse.ArgumentTypeError(f"{text!r} is not one of {', '.join(sizes)}")
    return sizes[text]


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port from 0 to 65535")
    return int(text)


def _printer(text: str) -> str:
    from sim.printer_port import check_url

    try:
        check_url(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return text


def _heap(text: str) -> int:
    if not text.isdecimal() or len(text) > 7 or int(text) < _LEAST_HEAP_KB:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of kilobytes from {_LEAST_HEAP_KB} up")
    return int(text)


def default_state() -> Path:
    """The folder below the user's state directory (XDG_STATE_HOME) where `run` keeps flash and cloud."""
    base = os.environ.get("XDG_STATE_HOME") or os.path.join(os.path.expanduser("~"), ".local", "state")
    return Path(base) / "scanpost"


async def _until_told_to_end(life: Coroutine[Any, Any, None]) -> int:
    """Run `life` until SIGINT or SIGTERM cancels it, which it takes for the way to end; the exit code."""
    task = asyncio.ensure_future(life)
    told = False

    def end() -> None:
        nonlocal told
        if not told:  # a second one must not disturb the cleaning up
            told = True
            task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, end)
    await asyncio.wait([task])
    if not task.cancelled():
        task.result()
    return _OK


def _write_ready(path: Path | None, ready: dict[str, Any]) -> None:
    """The ready file holds passwords: for its owner alone, and whole when it appears."""
    if path is None:
        return
    temporary = path.with_name(path.name + ".new")
    temporary.unlink(missing_ok=True)
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(ready, file)
    temporary.replace(path)


async def _run(options: argparse.Namespace) -> int:
    from sim.state_folder import StateFolder

    with StateFolder(options.state or default_state(), options.fresh) as state:
        return await _until_told_to_end(_live(options, state))


async def _live(options: argparse.Namespace, state: Path) -> None:
    from sim.live_world import LiveWorld
    from sim.web.server import ControlServer

    world = LiveWorld(
        state,
        interpreter=options.interpreter,
        size=options.panel,
        fresh_tenant=options.fresh_tenant,
        language=options.language,
        heap_kb=options.heap_kb,
        outside=options.outside,
        printer_port=options.printer_port,
        printer_baud=options.printer_baud,
        narrow_paper=options.printer_paper == "58",
    )
    server = ControlServer(world)
    try:
        for note in await world.start():
            print(f"scanpost: {note}", file=sys.stderr, flush=True)
        page = await server.start(_PAGE_PORT if options.port is None else options.port, fixed=options.port is not None)
        token = {} if server.token is None else {"token": server.token}
        _write_ready(options.ready_file, {**world.ready(page), **token})
        if not options.headless:
            print(f"The printer is at {server.first_url}\nIts state is kept in {state}; Ctrl+C ends it.", flush=True)
        await asyncio.Event().wait()
    finally:
        await server.stop()
        await world.stop()


async def _cloud(options: argparse.Namespace) -> int:
    return await _until_told_to_end(_cloud_alone(options))


async def _cloud_alone(options: argparse.Namespace) -> None:
    from sim.cloud.standalone import StandaloneCloud

    cloud = StandaloneCloud(options.config)
    try:
        ready = await cloud.start(options.port, options.smtp_port)
        _write_ready(options.ready_file, ready)
        print(json.dumps(ready, indent=2), flush=True)
        await asyncio.Event().wait()
    finally:
        await cloud.stop()


async def _scenario(options: argparse.Namespace) -> int:
    from sim import scenario

    if options.list:
        stories = [scenario.load(name) for name in scenario.names()]
        print(scenario.listed_as_json(stories) if options.json else scenario.listed(stories))
        return _OK
    try:
        story = scenario.load(options.name)
        variant = story.variant(options.language, options.panel, options.hands)
    except scenario.ScenarioError as error:
        print(f"scanpost: {error}", file=sys.stderr)
        return _WRONG_ARGUMENTS
    if options.interpreter == "virtual":  # that world has a loop of its own, which wants a thread without one
        report = await asyncio.to_thread(scenario.play_virtual, story, variant)
    else:
        report = await scenario.play_live(story, variant, options.interpreter)
    print(report.as_json() if options.json else report.as_text())
    return _OK if report.failure is None else _FAILED


async def _replay(options: argparse.Namespace) -> int:
    from sim.replay import replay

    try:  # a thread of its own: the virtual world has its own loop
        problem = await asyncio.to_thread(replay, options.file)
    except ValueError as error:
        print(f"scanpost: {error}", file=sys.stderr)
        return _WRONG_ARGUMENTS
    return _OK if problem is None else _FAILED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
