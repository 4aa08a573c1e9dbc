# Cumulative energy registers in mWh, integrated from power without losing a remainder.
MICROJOULES_PER_MWH = 3600000


class Registers:
    def __init__(self, exported=0, imported=0):
        self.exported = exported
        self.imported = imported
        self._export_rest = 0
        self._import_rest = 0

    def add(self, milliwatts, milliseconds):
        """Power (positive: exporting) over a time."""
        energy = milliwatts * milliseconds
        if energy >= 0:
            energy += self._export_rest
            self.exported += energy // MICROJOULES_PER_MWH
            self._export_rest = energy % MICROJOULES_PER_MWH
        else:
            energy = self._import_rest - energy
            self.imported += energy // MICROJOULES_PER_MWH
            self._import_rest = energy % MICROJOULES_PER_MWH
