"""What the firmware imports from MicroPython's own `micropython` module, for CPython."""


def const(value: int) -> int:
    """On MicroPython the compiler folds it away; here it is the value."""
    return value
