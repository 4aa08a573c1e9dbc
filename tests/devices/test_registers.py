from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from devices.registers import LONGEST_GAP_SLOTS, Mark, Sample, advance

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def sample(minutes: float, exported: int, boot: int = 1, imported: int = 0) -> Sample:
    return Sample(NOON + timedelta(minutes=minutes), boot, exported, imported)


def test_a_slot_is_the_difference_of_its_two_boundaries() -> None:
    mark, slots = advance(sample(0, 1_000_000), Mark(NOON, 1_000_000, 0), sample(60, 3_500_000), 60)
    assert [(s.slot, s.exported_wh, s.estimated) for s in slots] == [(NOON, 2500, False)]
    assert mark == Mark(NOON + timedelta(hours=1), 3_500_000, 0)


def test_a_boundary_between_two_samples_is_interpolated() -> None:
    mark, slots = advance(sample(55, 0), Mark(NOON, 0, 0), sample(65, 1_000_000), 60)
    assert slots[0].exported_wh == 500
    assert mark is not None
    assert mark.exported_mwh == 500_000


def test_the_first_slot_of_a_new_meter_starts_on_the_grid() -> None:
    assert advance(None, None, sample(0, 5), 60)[0] == Mark(NOON, 5, 0)
    mark, slots = advance(None, None, sample(7, 5), 60)
    assert mark is None
    assert slots == []


def test_a_gap_too_long_starts_anew_instead_of_being_spread() -> None:
    longest = LONGEST_GAP_SLOTS * 60
    mark, slots = advance(sample(0, 0), Mark(NOON, 0, 0), sample(longest, 3_000_000), 60)
    assert len(slots) == LONGEST_GAP_SLOTS
    mark, slots = advance(sample(0, 0), Mark(NOON, 0, 0), sample(longest + 60, 3_000_000), 60)
    assert slots == []
    assert mark == Mark(NOON + timedelta(minutes=longest + 60), 3_000_000, 0)
    assert advance(sample(0, 0), Mark(NOON, 0, 0), sample(longest + 61, 3_000_000), 60) == (None, [])


def test_a_silence_before_the_first_mark_makes_no_slots() -> None:
    mark, slots = advance(sample(7, 0), None, sample(180, 3_000_000), 60)
    assert slots == []
    assert mark == Mark(NOON + timedelta(hours=3), 3_000_000, 0)


def test_slots_inside_a_silence_are_estimated() -> None:
    _, slots = advance(sample(0, 0), Mark(NOON, 0, 0), sample(180, 3_000_000), 60)
    assert [s.exported_wh for s in slots] == [1000, 1000, 1000]
    assert all(s.estimated for s in slots)


def test_a_meter_that_was_off_has_no_reading_for_the_slots_between() -> None:
    mark, slots = advance(sample(0, 700), Mark(NOON, 700, 0), sample(300, 700, boot=2), 60)
    assert slots == []
    assert mark == Mark(NOON + timedelta(minutes=300), 700, 0)


def test_a_meter_that_was_off_for_exactly_one_slot_has_no_reading_for_it() -> None:
    _, slots = advance(sample(60, 700), Mark(NOON + timedelta(hours=1), 700, 0), sample(120, 700, boot=2), 60)
    assert slots == []


def test_the_slot_in_which_a_meter_went_off_still_counts() -> None:
    mark, slots = advance(sample(30, 5_000_000), Mark(NOON, 0, 0), sample(310, 5_000_000, boot=2), 60)
    assert [(s.slot, s.exported_wh) for s in slots] == [(NOON, 5000)]
    assert mark == Mark(NOON + timedelta(minutes=300), 5_000_000, 0)


def test_energy_after_a_restart_is_never_lost() -> None:
    _, slots = advance(sample(0, 0), Mark(NOON, 0, 0), sample(120, 2_000_000, boot=2), 60)
    assert sum(s.exported_wh for s in slots) == 2000


@given(st.lists(st.tuples(st.integers(1, 5000), st.integers(0, 900_000)), min_size=1, max_size=60))
def test_slot_energies_sum_to_the_registers(steps: list[tuple[int, int]]) -> None:
    before, mark, total, first = sample(0, 0), Mark(NOON, 0, 0), 0, 0
    for seconds, energy in steps:
        now = Sample(before.at + timedelta(seconds=seconds), 1, before.exported_mwh + energy, 0)
        mark, slots = advance(before, mark, now, 15)
        total += sum(s.exported_wh for s in slots)
        before = now
    assert total == mark.exported_mwh // 1000 - first
