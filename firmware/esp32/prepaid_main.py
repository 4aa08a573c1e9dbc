# Entry point of a prepaid meter, on the ESP32 and on the Unix port.
import json

try:
    import esp32  # noqa: F401

    from board_esp32 import Board
except ImportError:
    from board_unix import Board

import ed25519
from prepaid import Prepaid

# What the office registers the meter with.
print("key of this meter:", ed25519.own_key("seed.bin").public.hex())
with open("config.json") as file:
    config = json.load(file)
Prepaid(Board(), config).run()
