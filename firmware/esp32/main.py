# Entry point on the ESP32 and on the Unix port: the board is the only difference.
import json

try:
    import esp32  # noqa: F401

    from board_esp32 import Board
except ImportError:
    from board_unix import Board

from meter import Meter

with open("config.json") as file:
    config = json.load(file)
Meter(Board(), config).run()
