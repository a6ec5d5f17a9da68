"""The panel's fonts are made before anything here imports the firmware's panel."""

from sim.image import build_fonts

build_fonts()
