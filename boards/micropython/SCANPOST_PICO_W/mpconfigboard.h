// As the stock board's, but for what lies where in the 2 MB of flash:
// MicroPython 848 KB, the ROM partition with room for two images of Scanpost's code, and the file system.
#include "boards/RPI_PICO_W/mpconfigboard.h"

#undef MICROPY_HW_ROMFS_BYTES
#define MICROPY_HW_ROMFS_BYTES (2 * 420 * 1024)
#undef MICROPY_HW_FLASH_STORAGE_BYTES
#define MICROPY_HW_FLASH_STORAGE_BYTES (360 * 1024)
