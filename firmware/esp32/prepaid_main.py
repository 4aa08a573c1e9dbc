# Entry point of a prepaid meter, on the ESP32 and on the Unix port.
import json

try:
    import esp32  # noqa: F401

    from prepaid_esp32 import Board
except ImportError:
    from board_unix import Board

from prepaid import Prepaid

with open("config.json") as file:
    config = json.load(file)
meter = Prepaid(Board(), config)
# What the office registers the meter with.
print("key of this meter:", meter.credit.key.public.hex())
meter.run()
