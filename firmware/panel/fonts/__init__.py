"""Bitmap fonts of the panel, made by `sim/fonts.py` when the simulator or a test starts; never edited, never committed.

The letters are Roboto's, Copyright Google, under the Apache License 2.0; a board image that contains them has to name it.
`sans_10` is black and white, for small displays, and so is `sans_22`, for paper; the others have four shades. `sans_28` has
only digits, and is loaded when first needed. Characters from U+E000 on are our own icons; the large ones are in `icons_18`.
"""
