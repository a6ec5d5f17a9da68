"""A mail with one document, as bytes in order: header and short text, the document in base64, the end (RFC 5322, 2045).

Start at `Message`. The document passes through in blocks; only one block of it is kept. Everything else in the mail is
ASCII that was checked or base64, so no line begins with a dot, is longer than 998, or can be the boundary.
"""

import binascii
import struct

from micropython import const

from firmware.checks import only
from firmware.mail.checks import ATEXT, check_address, check_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_LINE = const(57)  # bytes of a document that make a base64 line of 76 characters, the longest (RFC 2045 6.8)
_LINES = const(36)  # of one block: 2052 bytes become 2808; a small heap has no bigger pieces to give
_BLOCK = const(_LINE * _LINES)
_LONG = const(2 * _BLOCK)  # a chunk of so many bytes says that there is memory
_ENCODED = const(76)
_ENCODED_LINE = const(78)  # with its CRLF

_MOST_RECIPIENTS = const(100)  # RFC 5321 4.5.3.1.8

_LONGEST_TYPE = const(127)  # RFC 4288 4.2, for either half; here for both
_LONGEST_ID = const(200)
_LONGEST_TEXT = const(2000)
_LONGEST_DOCUMENT = const(0x3FFFFFFF)
_WORD_BYTES = const(39)  # of a text in one encoded word; makes 64 of the 76 characters of its line (RFC 2047 2)
_PLAIN_SUBJECT = const(66)
_PART_CHARACTERS = const(60)  # of one part of a long parameter (RFC 2231 3)
_ASCII_NAME = const(60)

_ALPHANUMERIC = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_IN_TYPE = _ALPHANUMERIC + "!#$&-^_.+"  # RFC 6838 4.2
_IN_FILE_NAME = _ALPHANUMERIC + " -_.,+()"
_UNESCAPED = _ALPHANUMERIC + "-_."  # a part of attribute-char (RFC 2231 7)

_DAYS = "ThuFriSatSunMonTueWed"
_MONTHS = "MarAprMayJunJulAugSepOctNovDecJanFeb"  # a year that begins in March ends in the leap day
_LATEST_S = 253402300799  # 9999-12-31 23:59:59

# Cannot occur in base64, nor begin a header line.
_BOUNDARY = "=_scanpost"
_END = b"\r\n--=_scanpost--\r\n"


class Message:
    """One mail: send `header`, then `body(chunk)` for each chunk of the document, then `trailer()`.

    `date_s`: Unix seconds, None while the clock is unset; `message_id` with its angle brackets; `name`, `content_type` and
    `document_size` (bytes) are the document's; `text`: a sentence for the reader. Raises ValueError(message key).
    """

    def __init__(
        self,
        from_: str,
        to: "list[str]",
        subject: str,
        date_s: "int | None",
        message_id: str,
        name: str,
        content_type: str,
        document_size: int,
        text: str = "",
    ) -> None:
        check_address(from_)
        for address in to:
            check_address(address)
        if not 1 <= len(to) <= _MOST_RECIPIENTS:
            raise ValueError("error.message")
        check_name(name)
        check_name(subject)
        _check_message_id(message_id)
        _check_content_type(content_type)
        if not 0 <= document_size <= _LONGEST_DOCUMENT or len(text) > _LONGEST_TEXT:
            raise ValueError("error.message")
        self.from_ = from_
        self.to = to
        self.document_size = document_size
        header = (
            "Date: " + date(date_s),
            "From: " + from_,
            "To: " + ",\r\n ".join(to),
            "Subject: " + _unstructured(subject),
            "Message-ID: " + message_id,
            "MIME-Version: 1.0",
            'Content-Type: multipart/mixed; boundary="' + _BOUNDARY + '"',
            "",
            "--" + _BOUNDARY,
            "Content-Type: text/plain; charset=utf-8",
            "Content-Transfer-Encoding: base64",
            "",
            _lines(text.encode()).decode(),
            "--" + _BOUNDARY,
            "Content-Type: " + content_type,
            "Content-Transfer-Encoding: base64",
            "Content-Disposition: attachment" + _filename(name),
            "",
            "",
        )
        self.header = "\r\n".join(header).encode()
        self.size = len(self.header) + encoded_size(document_size) + len(_END)  # bytes of the mail, dots not doubled
        self._block = bytearray(_BLOCK)
        self._filled = 0
        self._encoded = bytearray((b" " * _ENCODED + b"\r\n") * _LINES)

    def body(self, chunk: bytes) -> "Iterator[bytes | bytearray]":
        """What `chunk` adds to the mail, in blocks; what does not fill one waits for the next chunk or the trailer.

        Blocks are in the same buffer: each is only good until the next is asked for. A long chunk is one block, in five
        times its memory for a moment: that is quicker where objects cost little.
        """
        lines = memoryview(self._encoded)  # filling it is quicker than filling the bytearray
        rest = memoryview(chunk)
        while self._filled + len(rest) >= _BLOCK:
            if self._filled:
                rest = self._keep(rest)
                block = memoryview(self._block)
                self._filled = 0
            elif len(rest) >= _LONG:
                whole = len(rest) // _LINE * _LINE
                yield _lines(rest[:whole])
                rest = rest[whole:]
                continue
            else:
                block = rest[:_BLOCK]
                rest = rest[_BLOCK:]
            encoded = memoryview(binascii.b2a_base64(block))
            start = 0  # of a line in `lines`, whose CRLFs stay
            for i in range(0, _ENCODED * _LINES, _ENCODED):
                lines[start : start + _ENCODED] = encoded[i : i + _ENCODED]
                start += _ENCODED_LINE
            yield self._encoded
        self._keep(rest)

    def _keep(self, data: memoryview) -> memoryview:
        """Fill the block up with `data`; what is left of it."""
        n = min(len(data), _BLOCK - self._filled)
        self._block[self._filled : self._filled + n] = data[:n]
        self._filled += n
        return data[n:]

    def trailer(self) -> bytes:
        """The end of the document and of the mail."""
        return _lines(memoryview(self._block)[: self._filled]) + _END


def encoded_size(n: int) -> int:
    """Bytes that a document of `n` bytes takes in base64 lines."""
    return (n + 2) // 3 * 4 + (n + _LINE - 1) // _LINE * 2


def date(date_s: "int | None") -> str:
    """Unix seconds as RFC 5322 3.3 writes them, in UTC. Raises ValueError(message key) while the clock is unset."""
    if date_s is None or not 0 <= date_s <= _LATEST_S:
        raise ValueError("detail.clock")
    days, second = divmod(date_s, 86400)
    # Days since 0000-03-01, in eras of 400 years (Howard Hinnant, "chrono-compatible low-level date algorithms")
    era, day_of_era = divmod(days + 719468, 146097)
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36524 - day_of_era // 146096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    month = (5 * day_of_year + 2) // 153
    day = day_of_year - (153 * month + 2) // 5 + 1
    weekday = _DAYS[days % 7 * 3 : days % 7 * 3 + 3]
    month_name = _MONTHS[month * 3 : month * 3 + 3]
    year = era * 400 + year_of_era + month // 10
    hour, minute = divmod(second // 60, 60)
    return f"{weekday}, {day:02d} {month_name} {year:04d} {hour:02d}:{minute:02d}:{second % 60:02d} +0000"


def _lines(data: "bytes | memoryview") -> bytes:
    """`data` in base64 lines."""
    encoded = binascii.b2a_base64(data)
    whole, rest = divmod(len(encoded) - 1, _ENCODED)  # but for the line feed at its end
    split = "76s" * whole + (str(rest) + "s" if rest else "") + "0sx"  # "": the last line has a CRLF, too
    return b"\r\n".join(struct.unpack(split, encoded))


def _unstructured(text: str) -> str:
    """`text` for a header: as it is when short and plain, else in encoded words of whole characters (RFC 2047 5)."""
    if (
        len(text) <= _PLAIN_SUBJECT
        and min(text) >= " "
        and max(text) <= "~"
        and "=?" not in text
        and text == text.strip()
    ):
        return text
    words = []
    word = b""
    for character in text:
        encoded = character.encode()
        if len(word) + len(encoded) > _WORD_BYTES:
            words.append(word)
            word = b""
        word += encoded
    words.append(word)
    return "\r\n ".join(["=?utf-8?B?" + binascii.b2a_base64(word)[:-1].decode() + "?=" for word in words])


def _filename(name: str) -> str:
    """The parameters that name the attachment: in full (RFC 2231 3 and 4), then in ASCII for those who know only that.

    The full one comes first, and each of its parts has whole characters: some readers take the first or decode one by one.
    """
    parts = []
    part = "UTF-8''"
    for character in name:
        escaped = character if character in _UNESCAPED else "".join([f"%{byte:02X}" for byte in character.encode()])
        if len(part) + len(escaped) > _PART_CHARACTERS:
            parts.append(part)
            part = ""
        part += escaped
    parts.append(part)
    several = len(parts) > 1
    lines = [f"filename*{i}*=" + parts[i] if several else "filename*=" + part for i in range(len(parts))]
    lines.append('filename="' + _ascii_name(name) + '"')
    return "".join([";\r\n " + line for line in lines])


def _ascii_name(name: str) -> str:
    """`name` with "_" for what is not plain; when it is long, its beginning and its extension."""
    plain = "".join([character if character in _IN_FILE_NAME else "_" for character in name])
    dot = plain.rfind(".")
    extension = plain[dot:] if dot > 0 and len(plain) - dot <= 10 else ""
    return plain[: min(len(plain), _ASCII_NAME) - len(extension)] + extension


def _check_message_id(text: str) -> None:
    left, at, right = text[1:-1].partition("@")
    if len(text) > _LONGEST_ID or text[:1] != "<" or text[-1:] != ">" or not at or not left or not right:
        raise ValueError("error.message")
    if not only(left, ATEXT + ".") or not only(right, ATEXT + "."):
        raise ValueError("error.message")


def _check_content_type(text: str) -> None:
    major, _, minor = text.partition("/")
    if len(text) > _LONGEST_TYPE or not major or not minor or not only(major, _IN_TYPE) or not only(minor, _IN_TYPE):
        raise ValueError("error.message")
