"""Bad files are refused whole, with the rows named."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from pathlib import Path

import pytest

from stelltron.replay.profile import BadProfile, meter_states, read_profile

HEADER = "home_id,start_utc,minutes,generation_kwh,consumption_kwh\n"
GOOD = "h1,2026-01-01T00:00:00Z,15,0.5,0.25\nh2,2026-01-01T00:00:00Z,15,0,1.5\n"


def write(folder: Path, text: str | bytes, name: str = "homes.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        (GOOD, "missing_column", "lacks the column home_id"),
        (HEADER.replace("minutes,", "") + "h1,2026-01-01T00:00:00Z,0,1\n", "missing_column", "minutes"),
        (HEADER, "empty", "no rows"),
        ("", "missing_column", "lacks"),
        (HEADER + GOOD + "h1,2026-01-01T00:15:00Z,15,-0.1,0\n", "negative_energy", "row 4"),
        (HEADER + "h1,2026-01-01T00:00:00Z,15,abc,0\n", "not_a_number", "row 2: generation_kwh 'abc'"),
        (HEADER + "h1,2026-01-01T00:00:00Z,15,0,nan\n", "not_a_number", "consumption_kwh 'nan'"),
        (HEADER + "h1,2026-01-01T00:00:00Z,15,0,inf\n", "not_a_number", "inf"),
        (HEADER + "h1,2026-01-01T00:00:00Z,15,0,1e9\n", "implausible_energy", "row 2"),
        (HEADER + GOOD + GOOD, "duplicate_interval", "row 4: h1 has 2026-01-01T00:00Z twice"),
        (HEADER + ",2026-01-01T00:00:00Z,15,0,0\n", "unknown_home", "row 2"),
        (HEADER + "h1,yesterday,15,0,0\n", "bad_time", "ISO 8601"),
        (HEADER + "h1,0001-01-01T00:00:00+05:00,15,0,0\n", "bad_time", "row 2"),
        (HEADER + "h1,1969-12-31T23:45:00Z,15,0,0\n", "bad_time", "1970 to 2100"),
        (HEADER + "h1,2101-01-01T00:00:00Z,15,0,0\n", "bad_time", "1970 to 2100"),
        (HEADER + "h1,2026-01-01T00:00:00Z,²,0,0\n", "bad_length", "row 2: '²' minutes"),
        (HEADER + f"h1,2026-01-01T00:00:00Z,{'1' * 5000},0,0\n", "bad_length", "row 2"),
        (HEADER + GOOD + f"{'h' * 131_073},2026-01-01T00:00:00Z,15,0,0\n", "not_csv", "row 4: field larger"),
        ("x" * 131_073, "not_csv", "row 1"),
        (HEADER + "h1,2026-01-01T00:07:00Z,15,0,0\n", "off_grid", "multiple of 15"),
        (HEADER + "h1,2026-01-01T00:00:00Z,7,0,0\n", "bad_length", "slots last"),
        (HEADER + "h1,2026-01-01T00:00:00Z,15,0\n", "short_row", "row 2: 4 of 5"),
        (HEADER + GOOD + "h1,2026-01-01T01:00:00Z,60,0,0\n", "mixed_lengths", "use one length"),
    ],
)
def test_a_bad_file_is_refused_with_its_reason(tmp_path: Path, text: str, code: str, says: str) -> None:
    with pytest.raises(BadProfile) as refused:
        read_profile(write(tmp_path, text))
    assert refused.value.code == code
    assert says in str(refused.value)


def test_broken_gzip_missing_files_and_binary_are_refused(tmp_path: Path) -> None:
    whole = gzip.compress((HEADER + GOOD).encode())
    for content, code in (
        (whole[:-9], "broken_gzip"),
        (whole[:20] + b"\x00" * 30, "broken_gzip"),
        (b"\x89PNG\xff", "not_text"),
    ):
        with pytest.raises(BadProfile) as refused:
            read_profile(write(tmp_path, content, "homes.csv.gz"))
        assert refused.value.code == code
    with pytest.raises(BadProfile) as refused:
        read_profile(tmp_path / "nowhere.csv")
    assert refused.value.code == "no_such_file"


def test_every_bad_row_is_counted(tmp_path: Path) -> None:
    rows = "".join(f"h{n},2026-01-01T00:00:00Z,15,-1,0\n" for n in range(50))
    with pytest.raises(BadProfile) as refused:
        read_profile(write(tmp_path, HEADER + rows))
    assert len(refused.value.problems) == 50
    assert "and 40 more" in str(refused.value)


def test_columns_may_come_in_any_order_with_others_beside_them(tmp_path: Path) -> None:
    text = "note,minutes,home_id,consumption_kwh,start_utc,generation_kwh\nx,15,h1,0.25,2026-01-01T00:00:00+01:00,0.5\n"
    profile = read_profile(write(tmp_path, gzip.compress(text.encode()), "homes.csv.gz"))
    interval = profile.homes["h1"][0]
    assert (interval.start, interval.generation_mwh) == (datetime(2025, 12, 31, 23, tzinfo=UTC), 500_000)


def test_every_second_home_becomes_a_consumer_when_mixed(tmp_path: Path) -> None:
    profile = read_profile(write(tmp_path, HEADER + GOOD + "h0,2026-01-01T00:00:00Z,15,9,0\n")).mixed()
    assert [profile.homes[h][0].generation_mwh for h in ("h0", "h1", "h2")] == [9_000_000, 0, 0]


def test_registers_only_rise_and_a_gap_is_a_restart(tmp_path: Path) -> None:
    text = HEADER + GOOD + "h1,2026-01-01T01:00:00Z,15,0,2\n"
    profile = read_profile(write(tmp_path, text))
    states = list(meter_states(profile.homes["h1"], 15, steps=3))
    assert [s.boot for s in states] == [1, 1, 1, 1, 2, 2, 2, 2]
    assert (states[-1].exported_mwh, states[-1].imported_mwh) == (250_000, 2_000_000)
    assert states[4].exported_mwh == states[3].exported_mwh == 250_000
