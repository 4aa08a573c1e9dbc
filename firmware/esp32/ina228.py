# The power sensor INA228 on I2C.
import struct

ADDRESS = 0x40
REG_CALIBRATION, REG_VBUS, REG_CURRENT = 0x02, 0x05, 0x07
SHUNT_OHM = 0.0005
MOST_AMPERES = 80
CURRENT_LSB = MOST_AMPERES / 2**19


class Ina228:
    """Raises OSError where it does not answer."""

    def __init__(self, i2c):
        self.i2c = i2c
        calibration = int(13107.2e6 * CURRENT_LSB * SHUNT_OHM)
        i2c.writeto_mem(ADDRESS, REG_CALIBRATION, struct.pack(">H", calibration))

    def power_mw(self):
        return int(self.volts() * self._signed(REG_CURRENT) * CURRENT_LSB * 1000)

    def volts(self):
        return self._signed(REG_VBUS) * 195.3125e-6

    def _signed(self, register):
        """A 24-bit result whose low four bits are reserved."""
        raw = self.i2c.readfrom_mem(ADDRESS, register, 3)
        value = (raw[0] << 16 | raw[1] << 8 | raw[2]) >> 4
        return value - (1 << 20) if value & (1 << 19) else value
