# The ESP32 board: INA228 on I2C, Wi-Fi, NTP, one RGB status LED.
import json
import struct
import time

import machine
import network
import ntptime

EPOCH_2000 = 946684800
INA228 = 0x40
REG_CONFIG, REG_CALIBRATION, REG_VBUS, REG_CURRENT = 0x00, 0x02, 0x05, 0x07
SHUNT_OHM = 0.0005
MOST_AMPERES = 80
CURRENT_LSB = MOST_AMPERES / 2**19
RESYNC_S = 3600
# A prepaid meter's keypad and the relay it lets energy through with.
KEYS = ("123", "456", "789", "*0#")
ROWS, COLUMNS, RELAY = (16, 17, 18, 19), (13, 14, 23), 33
LEDS = {"online": (0, 1, 0), "offline": (1, 1, 0)}


class Board:
    def __init__(self):
        with open("config.json") as file:
            config = json.load(file)
        self.i2c = machine.I2C(0, scl=machine.Pin(22), sda=machine.Pin(21), freq=400000)
        self.leds = [machine.Pin(pin, machine.Pin.OUT) for pin in (25, 26, 27)]
        self.rows = [machine.Pin(pin, machine.Pin.OUT, value=0) for pin in ROWS]
        self.columns = [machine.Pin(pin, machine.Pin.IN, machine.Pin.PULL_DOWN) for pin in COLUMNS]
        self.relay = machine.Pin(RELAY, machine.Pin.OUT, value=0)
        self.keys, self.held = "", None
        self.wlan = network.WLAN(network.STA_IF)
        self.wlan.active(True)
        self.wlan.connect(config["wifi_ssid"], config["wifi_password"])
        calibration = int(13107.2e6 * CURRENT_LSB * SHUNT_OHM)
        self.i2c.writeto_mem(INA228, REG_CALIBRATION, struct.pack(">H", calibration))
        self.synced_at = None
        while self.synced_at is None:
            self._sync()
            time.sleep(1)

    def now_ms(self):
        if time.ticks_diff(time.ticks_ms(), self.synced_at) > RESYNC_S * 1000:
            self._sync()
        return self.base_ms + time.ticks_diff(time.ticks_ms(), self.synced_at)

    def power_mw(self):
        current = self._signed(REG_CURRENT) * CURRENT_LSB
        return int(self._bus_volts() * current * 1000)

    def power_mw_at(self, moment_ms, measured):
        # A sensor has no past: what was measured at the last sample holds until this one.
        return measured

    def stored_mwh(self, registers):
        # The sensor sits at the connection: without a gauge at the battery nothing can be promised.
        return 0

    def voltage_dv(self):
        return int(self._bus_volts() * 10)

    def uptime_s(self):
        return time.time()

    def sleep_ms(self, milliseconds):
        time.sleep_ms(milliseconds)

    def typed(self):
        """The digits before ``#`` on a keypad of four rows and three columns; ``*`` begins anew."""
        key = self._pressed()
        if key == self.held:
            return None
        self.held = key
        if key == "#":
            typed, self.keys = self.keys, ""
            return typed
        self.keys = "" if key == "*" else self.keys + (key or "")
        return None

    def _pressed(self):
        for row, keys in zip(self.rows, KEYS):
            row.value(1)
            found = [key for column, key in zip(self.columns, keys) if column.value()]
            row.value(0)
            if found:
                return found[0]
        return None

    def say(self, text):
        print(text)

    def switch(self, on):
        self.relay.value(on)

    def tls(self, plain, host):
        import ssl

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(cafile="ca.der")
        return context.wrap_socket(plain, server_hostname=host)

    def show(self, state):
        for led, on in zip(self.leds, LEDS[state]):
            led.value(on)

    def _sync(self):
        """Take the time from NTP; a register never runs on a clock that was never set."""
        try:
            ntptime.settime()
        except OSError:
            return
        self.base_ms = (time.time() + EPOCH_2000) * 1000
        self.synced_at = time.ticks_ms()

    def _bus_volts(self):
        return (self._signed(REG_VBUS)) * 195.3125e-6

    def _signed(self, register):
        """A 24-bit result whose low four bits are reserved."""
        raw = self.i2c.readfrom_mem(INA228, register, 3)
        value = (raw[0] << 16 | raw[1] << 8 | raw[2]) >> 4
        return value - (1 << 20) if value & (1 << 19) else value
