# The ESP32 board: INA228 on I2C, Wi-Fi, NTP, one RGB status LED.
import json
import time

import machine
import network
import ntptime
from ina228 import Ina228

EPOCH_2000 = 946684800
SCL, SDA = 22, 21
RESYNC_S = 3600
LEDS = {"online": (0, 1, 0), "offline": (1, 1, 0)}


def join(config):
    """It goes on by itself, and again after an outage."""
    wlan = network.WLAN(network.STA_IF)
    wlan.active(True)
    wlan.connect(config["wifi_ssid"], config["wifi_password"])


def tls(plain, host):
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(cafile="ca.der")
    return context.wrap_socket(plain, server_hostname=host)


class Board:
    def __init__(self):
        with open("config.json") as file:
            config = json.load(file)
        self.leds = [machine.Pin(pin, machine.Pin.OUT) for pin in (25, 26, 27)]
        join(config)
        self.sensor = Ina228(machine.I2C(0, scl=machine.Pin(SCL), sda=machine.Pin(SDA), freq=400000))
        self.synced_at = None
        while self.synced_at is None:
            self._sync()
            time.sleep(1)

    def now_ms(self):
        if time.ticks_diff(time.ticks_ms(), self.synced_at) > RESYNC_S * 1000:
            self._sync()
        return self.base_ms + time.ticks_diff(time.ticks_ms(), self.synced_at)

    def power_mw(self):
        return self.sensor.power_mw()

    def power_mw_at(self, moment_ms, measured):
        # A sensor has no past: what was measured at the last sample holds until this one.
        return measured

    def stored_mwh(self, registers):
        # The sensor sits at the connection: without a gauge at the battery nothing can be promised.
        return 0

    def voltage_dv(self):
        return int(self.sensor.volts() * 10)

    def uptime_s(self):
        return time.time()

    def sleep_ms(self, milliseconds):
        time.sleep_ms(milliseconds)

    def tls(self, plain, host):
        return tls(plain, host)

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
