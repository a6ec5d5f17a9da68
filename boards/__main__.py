"""`python -m boards`: the command line of `make mpy image flash provision console size`. Each command is a function here."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from boards import image, mip, mpy, packs, rom
from boards.kinds import KINDS
from boards.repl import BoardError, Repl, find_port
from sim.image import ROOT, ImageError

_OK, _FAILED = 0, 1
_LIBRARY = "library"  # in place of a board: the mail part alone


def main(arguments: list[str]) -> int:
    """Exit codes: 0 done, 1 failed, 2 wrong arguments."""
    options = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], None] = options.command
    try:
        command(options)
    except (BoardError, ImageError, OSError) as error:
        print(f"scanpost: {error}", file=sys.stderr)
        return _FAILED
    except KeyboardInterrupt:
        print()
        return _OK if command is _console else _FAILED
    return _OK


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m boards", description="Scanpost: onto a real board.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    make = commands.add_parser("mpy", help="make what a board gets: its files, and the image of its ROM partition")
    make.set_defaults(command=_mpy)
    of_board = commands.add_parser("image", help="build MicroPython with a ROM partition for a board")
    of_board.set_defaults(command=_image)
    of_board.add_argument("board", choices=image.names(), metavar="BOARD", help=", ".join(image.names()))
    of_board.add_argument(
        "source", nargs="?", default="../micropython", type=Path, metavar="SOURCE", help="a checkout of MicroPython"
    )
    flash = commands.add_parser("flash", help="bring a board up to date through its serial port")
    flash.set_defaults(command=_flash)
    provision = commands.add_parser("provision", help="give a board its network, its owner and whom it trusts")
    provision.set_defaults(command=_provision)
    console = commands.add_parser("console", help="show the words of the screen and the log")
    console.set_defaults(command=_console)
    size = commands.add_parser("size", help="what the code of each board weighs")
    size.set_defaults(command=_size)
    boards = mpy.names()
    for command, number, names in ((make, None, [*boards, _LIBRARY]), (flash, None, boards), (size, "?", boards)):
        command.add_argument("board", nargs=number, choices=names, metavar="BOARD", help=", ".join(names))
    for command in (flash, provision, console):
        command.add_argument(
            "port", nargs="?", default="", metavar="PORT", help="where it is, if there is more than one"
        )
    flash.add_argument("--in-parts", action="store_true", help="give up the old code first, where there is little room")
    provision.add_argument("--from", dest="file", type=Path, metavar="FILE", help="the answers, in TOML, mode 0600")
    package = commands.add_parser("package", help="make package.json anew, by which mip takes the mail part alone")
    package.set_defaults(command=_package)
    return parser


def _tell(line: str) -> None:
    print(line, flush=True)


def _mpy(options: argparse.Namespace) -> None:
    if options.board == _LIBRARY:
        _tell(_weighed(mip.build()))
        return
    if not KINDS[options.board].needs_rom:
        _tell(_weighed(packs.build(options.board)))
    in_place = rom.build(options.board)
    _tell(f"{in_place}: for a ROM partition, {in_place.stat().st_size:,} bytes")


def _weighed(folder: Path) -> str:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return f"{folder}: {len(files)} files, {sum(path.stat().st_size for path in files):,} bytes"


def _image(options: argparse.Namespace) -> None:
    target = image.build(options.board, options.source, _tell)
    _tell(f"{target}: hold BOOTSEL while you plug the board in, and copy it there. Then `make flash`.")


def _flash(options: argparse.Namespace) -> None:
    from boards.flash import flash

    folder, in_place = packs.build(options.board), rom.build(options.board).read_bytes()
    with Repl(find_port(options.port)) as repl:
        flash(KINDS[options.board], folder, in_place, repl, _tell, options.in_parts)
    _tell("The board starts. `make console` shows what it says.")


def _provision(options: argparse.Namespace) -> None:
    from boards.provision import ask, provision, read_file

    port = find_port(options.port)
    answers = ask() if options.file is None else read_file(options.file)
    with Repl(port) as repl:
        provision(answers, repl, _tell)
    _tell("The board starts.")


def _console(options: argparse.Namespace) -> None:
    from boards.console import Console

    Console(find_port(options.port), lambda text: print(text, end="", flush=True)).run()


def _size(options: argparse.Namespace) -> None:
    from boards.sizes import table

    _tell(table([options.board] if options.board else mpy.names()))


def _package(_: argparse.Namespace) -> None:
    (ROOT / "package.json").write_text(mip.package_json(), "utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
