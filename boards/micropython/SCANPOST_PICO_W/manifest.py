# As the stock board's, without Bluetooth's.
# ruff: noqa: F821 - names of MicroPython's manifests
# mypy: ignore-errors
include("$(PORT_DIR)/boards/manifest.py")
require("bundle-networking")
