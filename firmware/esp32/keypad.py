# The keys of a prepaid meter: from contacts that bounce to lines of digits.

# More than any code: who leans on the keys fills no memory.
LONGEST = 16


class Keypad:
    """``pressed()`` tells the key that is down now, or None; ``line`` is what was typed so far."""

    def __init__(self, pressed):
        self.pressed = pressed
        self.line = ""
        self.seen = self.down = None

    def scan(self):
        """The digits before ``#``, once it is pressed, else None; ``*`` begins anew.

        To be called every 20 ms or so: a key counts when two looks in a row agree, once until it is let go.
        """
        key = self.pressed()
        if key != self.seen:
            self.seen = key
            return None
        if key == self.down:
            return None
        self.down = key
        if key == "#":
            line, self.line = self.line, ""
            return line
        self.line = "" if key == "*" else (self.line + (key or ""))[-LONGEST:]
        return None


class Matrix:
    """Keys at the crossings of pins: a row is raised, and the column of the key that is down follows."""

    def __init__(self, rows, columns, keys):
        self.rows = rows
        self.columns = columns
        self.keys = keys

    def pressed(self):
        for row, keys in zip(self.rows, self.keys):
            row.value(1)
            found = [key for column, key in zip(self.columns, keys) if column.value()]
            row.value(0)
            if found:
                return found[0]
        return None
