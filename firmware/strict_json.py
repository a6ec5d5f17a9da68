"""JSON as RFC 8259 has it and nothing else, the same on both interpreters. Start at `loads`.

MicroPython's own reader takes documents without commas and colons, CPython's takes NaN; both let a second member of the same
name win, and half of a character outside the first plane pass. What a service says about a sign-in is worth more than that.
"""

from micropython import const

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_DEEPEST = const(16)  # a reader that calls itself needs a stack; what we are sent is two deep
_LONGEST_NUMBER = const(100)
_QUOTE = const(0x22)
_COMMA = const(0x2C)
_COLON = const(0x3A)
_BRACKET = const(0x5B)
_END_BRACKET = const(0x5D)
_BRACE = const(0x7B)
_END_BRACE = const(0x7D)
_BLANK = const(0x20)
_SPACES = b" \t\n\r"  # RFC 8259 2
_CONTROLS = bytes([code for code in range(_BLANK) if code not in _SPACES])
_DIGITS = b"0123456789"
_ESCAPES = {0x22: '"', 0x5C: "\\", 0x2F: "/", 0x62: "\b", 0x66: "\f", 0x6E: "\n", 0x72: "\r", 0x74: "\t"}
_LITERALS = ((b"true", True), (b"false", False), (b"null", None))


def loads(document: bytes) -> "Any":
    """The value that `document` stands for. Raises ValueError."""
    for code in _CONTROLS:
        if document.find(bytes((code,))) >= 0:  # MicroPython looks for a number one by one
            raise ValueError("JSON has a control character")
    reader = _Reader(document)
    value = reader.value(_DEEPEST)
    if reader.peek() >= 0:
        raise ValueError("JSON goes on after its end")
    return value


class _Reader:
    def __init__(self, document: bytes) -> None:
        self._document = document
        self._at = 0
        self._lines = b"\t" in document or b"\n" in document or b"\r" in document

    def peek(self) -> int:
        """The next byte that is no space, -1 at the end."""
        document, at = self._document, self._at
        while at < len(document):
            byte = document[at]
            if byte > _BLANK or byte not in _SPACES:
                self._at = at
                return byte
            at += 1
        self._at = at
        return -1

    def _take(self, wanted: int) -> bool:
        """Whether the next byte is `wanted`, which is then passed."""
        if self.peek() != wanted:
            return False
        self._at += 1
        return True

    def _need(self, wanted: int) -> None:
        if self.peek() != wanted:
            raise ValueError("JSON lacks " + chr(wanted))
        self._at += 1

    def value(self, depth: int) -> "Any":
        if not depth:
            raise ValueError("JSON is nested too deep")
        byte = self.peek()
        if byte == _QUOTE:
            self._at += 1
            return self._string()
        if byte == _BRACE:
            self._at += 1
            return self._object(depth - 1)
        if byte == _BRACKET:
            self._at += 1
            return self._array(depth - 1)
        for word, value in _LITERALS:
            if self._document[self._at : self._at + len(word)] == word:
                self._at += len(word)
                return value
        return self._number()

    def _object(self, depth: int) -> "dict[str, Any]":
        members: "dict[str, Any]" = {}
        if self._take(_END_BRACE):
            return members
        while True:
            self._need(_QUOTE)
            name = self._string()
            if name in members:
                raise ValueError("JSON has a name twice")
            self._need(_COLON)
            members[name] = self.value(depth)
            if not self._take(_COMMA):
                self._need(_END_BRACE)
                return members

    def _array(self, depth: int) -> "list[Any]":
        items: "list[Any]" = []
        if self._take(_END_BRACKET):
            return items
        while True:
            items.append(self.value(depth))
            if not self._take(_COMMA):
                self._need(_END_BRACKET)
                return items

    def _string(self) -> str:
        """The rest of a string, after its quotation mark."""
        document, text = self._document, ""
        while True:
            end = document.find(b'"', self._at)
            if end < 0:
                raise ValueError("JSON ends in a string")
            slash = document.find(b"\\", self._at, end)
            piece = document[self._at : end if slash < 0 else slash]
            if self._lines and (b"\t" in piece or b"\n" in piece or b"\r" in piece):  # others are nowhere, see `loads`
                raise ValueError("JSON has a control character in a string")
            text += _decoded(piece)
            self._at += len(piece) + 1
            if slash < 0:
                return text
            text += self._escaped()

    def _escaped(self) -> str:
        """The character of an escape, after its backslash."""
        document, at = self._document, self._at
        byte = document[at] if at < len(document) else 0
        self._at += 1
        if byte in _ESCAPES:
            return _ESCAPES[byte]
        code = self._hex() if byte == 0x75 else -1
        if 0xD800 <= code < 0xDC00 and document[self._at : self._at + 2] == b"\\u":
            self._at += 2
            low = self._hex()
            code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00) if 0xDC00 <= low < 0xE000 else -1
        if code < 0 or 0xD800 <= code < 0xE000:
            raise ValueError("JSON has an escape that stands for nothing")
        return chr(code)

    def _hex(self) -> int:
        digits = self._document[self._at : self._at + 4]
        self._at += 4
        if len(digits) < 4 or digits.lower().strip(b"0123456789abcdef"):
            raise ValueError("JSON has an escape without four digits")
        return int(digits, 16)

    def _number(self) -> "int | float":
        begin = self._at
        document = self._document
        if document[begin : begin + 1] == b"-":
            self._at += 1
        zero = document[self._at : self._at + 1] == b"0"
        if self._digits() > 1 and zero:
            raise ValueError("JSON has a number with a zero before it")
        whole = True
        if document[self._at : self._at + 1] == b".":
            self._at += 1
            self._digits()
            whole = False
        if document[self._at : self._at + 1] in (b"e", b"E"):
            self._at += 1
            if document[self._at : self._at + 1] in (b"+", b"-"):
                self._at += 1
            self._digits()
            whole = False
        text = document[begin : self._at].decode()
        if len(text) > _LONGEST_NUMBER:
            raise ValueError("JSON has a number of too many digits")
        if whole:
            return int(text)
        number = float(text)
        if number - number != 0:
            raise ValueError("JSON has a number that is too large")
        return number

    def _digits(self) -> int:
        """Pass the digits, of which there must be one; how many there are."""
        begin = self._at
        while self._at < len(self._document) and self._document[self._at] in _DIGITS:
            self._at += 1
        if self._at == begin:
            raise ValueError("JSON lacks a digit or a value")
        return self._at - begin


def _decoded(piece: bytes) -> str:
    """`piece` as text. MicroPython takes surrogates and forms that are longer than they need be (RFC 3629 3)."""
    text = piece.decode()
    if len(text) != len(piece):
        codes = [ord(character) for character in text]
        if any(0xD800 <= code < 0xE000 or code > 0x10FFFF for code in codes):
            raise ValueError("JSON has half a character")
        if "".join([chr(code) for code in codes]).encode() != piece:
            raise ValueError("JSON is not in UTF-8")
    return text
