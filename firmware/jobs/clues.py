"""What a support desk asks for about a job, taken out of the words that the journal keeps: see `clues`."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    Clues = dict[str, str]

_CORRELATION = " Correlation ID: "  # as `firmware/oauth/answers.py` writes it
_AADSTS = "AADSTS"
_DIGITS = "0123456789"


def clues(words: str) -> "Clues":
    """`words`, somebody else's, in parts, each "" where there is none: "aadsts", the number of the cloud's error;
    "correlation_id", by which the cloud's own log is searched; "reply", the mail server's; "words", what else was said.
    """
    found = {"aadsts": "", "correlation_id": "", "reply": "", "words": ""}
    words, _, found["correlation_id"] = words.partition(_CORRELATION)
    code = words[:3]
    if len(code) == 3 and all(digit in _DIGITS for digit in code) and words[3:4] in (" ", ""):
        found["reply"] = words
        return found
    if words.startswith(_AADSTS):
        number, _, words = words.partition(":")
        found["aadsts"] = number
    found["words"] = words.strip(" ")
    return found
