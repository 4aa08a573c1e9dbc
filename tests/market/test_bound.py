"""The most that can change hands in a slot, on registers that never begin at a full Wh."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from market.clearing.metered import Metered, bound_wh

registers = st.tuples(st.integers(0, 999), st.integers(0, 3_000_000))


def reading(point: int, exported: tuple[int, int], imported: tuple[int, int]) -> Metered:
    """As ingest writes it: whole Wh are the difference of the registers' full Wh."""
    out, into = ((start, start + energy) for start, energy in (exported, imported))
    whole = [end // 1000 - start // 1000 for start, end in (out, into)]
    return Metered(point, f"m{point}", point, 0, b"", *whole, out[1] - out[0], into[1] - into[0])


@given(st.lists(st.tuples(registers, registers), min_size=1, max_size=6), st.data())
def test_what_is_spoken_for_never_makes_it_negative(meters: list, data: st.DataObject) -> None:
    readings = [reading(n, *meter) for n, meter in enumerate(meters)]
    given_wh = data.draw(st.integers(0, sum(r.exported_wh for r in readings)))
    taken_wh = data.draw(st.integers(0, sum(r.imported_wh for r in readings)))
    bound = bound_wh(readings, given_wh, taken_wh)
    assert 0 <= bound * 1000 <= max(sum(r.exported_mwh for r in readings) - given_wh * 1000, 0)
    assert bound * 1000 <= max(sum(r.imported_mwh for r in readings) - taken_wh * 1000, 0)


def test_the_only_export_may_all_be_under_a_lock() -> None:
    battery = reading(1, (900, 1_999_200), (0, 0))
    home = reading(2, (0, 0), (0, 3_000_000))
    assert battery.exported_wh == 2000
    assert bound_wh([battery, home], given_wh=2000, taken_wh=2000) == 0
