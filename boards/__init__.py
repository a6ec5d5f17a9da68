"""The way onto a real board: compile for it, copy, set up, watch. Start at `__main__`, whose commands have a file each.

`kinds.py` says what boards there are, `mpy.py` what each of them needs, `repl.py` talks to one through its serial port.
"""
