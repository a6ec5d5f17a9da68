"""What runs on the board while it is being set up: each file is sent as text and run by the board's own MicroPython."""
