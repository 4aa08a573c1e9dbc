# A display of two lines of sixteen characters: an HD44780 with its upper four data lines behind a PCF8574 on I2C.
import time

ADDRESSES = (0x27, 0x3F)
DATA, ENABLE, LIGHT = 0x01, 0x04, 0x08
COLUMNS = 16
LINE, FOUR_BITS_TWO_LINES, ON, RIGHTWARDS, CLEAR = 0x80, 0x28, 0x0C, 0x06, 0x01
SECOND_LINE = 0x40


def found(i2c):
    """The display on this bus, or None."""
    for address in i2c.scan():
        if address in ADDRESSES:
            return Lcd(i2c, address)
    return None


class Lcd:
    """Raises OSError where the display does not answer."""

    def __init__(self, i2c, address):
        self.i2c = i2c
        self.address = address
        # Whatever it was in the middle of, three times eight bits and then four bring it to a known state.
        for nibble in (3, 3, 3, 2):
            self._nibble(nibble << 4)
            time.sleep_ms(5)
        for command in (FOUR_BITS_TWO_LINES, ON, RIGHTWARDS, CLEAR):
            self._byte(command, 0)
            time.sleep_ms(2)

    def show(self, row, text):
        self._byte(LINE | SECOND_LINE * row, 0)
        for letter in (text + " " * COLUMNS)[:COLUMNS]:
            self._byte(ord(letter), DATA)

    def _byte(self, value, kind):
        self._nibble(value & 0xF0 | kind)
        self._nibble(value << 4 & 0xF0 | kind)

    def _nibble(self, value):
        """Taken over when the enable line falls."""
        self.i2c.writeto(self.address, bytes((value | LIGHT | ENABLE, value | LIGHT)))
