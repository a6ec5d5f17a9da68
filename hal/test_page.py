"""A page that a board scans while there is nothing else: a PDF made line by line, with what a copy is judged by.

It has a frame at the margins, the device's serial number, text in four sizes, steps of grey, and lines that come closer and
closer. Every line is made when it is asked for; what is remembered is where each object began (ISO 32000-1 7.5).
"""

from micropython import const

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_PIECE_BYTES = const(4096)
_OBJECTS = (
    "<</Type/Catalog/Pages 2 0 R>>",
    "<</Type/Pages/Kids[3 0 R]/Count 1>>",
    "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 5 0 R/Resources<</Font<</F 4 0 R>>>>>>",  # A4, in points
    "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
)
_SENTENCE = "The quick brown fox jumps over the lazy dog 0123456789"
_STEPS = const(32)


class TestPage:
    """One scan of it (`hal/api.pyi` Scan). `serial`: letters and digits."""

    page = 1

    def __init__(self, serial: str) -> None:
        self._serial = serial
        self._lines = self._pdf()
        self._rest = b""

    def size(self) -> int:
        """Bytes of a whole one."""
        return sum(len(line) for line in self._pdf())

    async def read(self) -> bytes:
        piece = bytearray(self._rest)
        self._rest = b""
        for line in self._lines:
            if len(piece) + len(line) > _PIECE_BYTES:
                self._rest = line
                break
            piece += line
        return bytes(piece)

    async def close(self) -> None:
        pass

    def _pdf(self) -> "Iterator[bytes]":
        at = 0
        begins = []
        length = sum(len(line) for line in self._drawing())
        line = b"%PDF-1.4\n"
        yield line
        at += len(line)
        for number, text in enumerate(_OBJECTS):
            begins.append(at)
            line = b"%d 0 obj\n%s\nendobj\n" % (number + 1, text.encode())
            yield line
            at += len(line)
        begins.append(at)
        line = b"5 0 obj\n<</Length %d>>\nstream\n" % length
        yield line
        at += len(line) + length
        yield from self._drawing()
        line = b"endstream\nendobj\n"
        yield line
        at += len(line)
        yield b"xref\n0 6\n0000000000 65535 f \n"
        for begin in begins:
            yield b"%010d 00000 n \n" % begin
        yield b"trailer\n<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % at

    def _drawing(self) -> "Iterator[bytes]":
        yield b"1 w 28 28 539 786 re S\n"
        yield _text(24, 48, 770, "Scanpost test page")
        yield _text(12, 48, 748, self._serial)
        y = 720
        for size in (18, 12, 8, 5):
            yield _text(size, 48, y, _SENTENCE)
            y -= size + 8
        for step in range(_STEPS):
            grey = step * 100 // (_STEPS - 1)
            yield b"%d.%02d g %d 560 15 60 re f\n" % (grey // 100, grey % 100, 48 + 15 * step)
        yield b"0 g\n"
        x = 480
        for gap in range(24, 0, -1):  # twelfths of a point
            for _ in range(12):
                yield b"%d.%02d 440 0.24 100 re f\n" % (x // 12, x % 12 * 100 // 12)
                x += gap
        for row in range(40):
            yield b"0.24 w 48 %d m %d %d l S\n" % (60 + 9 * row, 547 - 12 * row, 60 + 9 * row)


def _text(size: int, x: int, y: int, words: str) -> bytes:
    return b"BT /F %d Tf %d %d Td (%s) Tj ET\n" % (size, x, y, words.encode())
