# MicroPython for a Raspberry Pi Pico whose flash also has a ROM partition. `make image BOARD=pico` builds it.
include(${MICROPY_PORT_DIR}/boards/RPI_PICO/mpconfigboard.cmake)
set(MICROPY_BOARD_PINS ${MICROPY_PORT_DIR}/boards/RPI_PICO/pins.csv)
