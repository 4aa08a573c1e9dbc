"""The dynamic price: golden cases, on the server and in the browser's own formula, and calm prices on recorded days."""

from __future__ import annotations

import json
import math
import os
import shutil
import subprocess
from dataclasses import asdict, replace
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.price.pricing import BASIS, HIGHEST, LOWEST, ONE, Coefficients, Conditions, natural_log, price_of, smoothed
from stelltron.replay.profile import read_profile

CASES = json.loads((Path(__file__).parent / "price_cases.json").read_text())
ROOT = Path(__file__).parents[2]
FRONT_END = ROOT / "stelltron" / "portal" / "frontend"
TERMS = Coefficients(**CASES[0]["coefficients"])
RUN_IN_NODE = """
const built = require("esbuild").buildSync({ entryPoints: ["src/formula.ts"], bundle: true, format: "cjs", write: false });
const formula = { exports: {} };
new Function("module", built.outputFiles[0].text)(formula);
const big = (values) => Object.fromEntries(Object.entries(values).map(([name, value]) =>
  [name, value === null || name === "hour" || name === "month" ? value : BigInt(value)]));
const cases = JSON.parse(require("fs").readFileSync(0));
const prices = cases.map((c) => formula.exports.priceOf(big(c.conditions), big(c.coefficients)));
console.log(JSON.stringify(prices, (_, value) => (typeof value === "bigint" ? Number(value) : value)));
"""


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_golden_cases(case: dict) -> None:
    price = price_of(Conditions(**case["conditions"]), Coefficients(**case["coefficients"]))
    assert asdict(price) == case["price"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_golden_cases_are_the_formula_on_paper(case: dict) -> None:
    """The same in floating point, straight from the definition."""
    c, t = Conditions(**case["conditions"]), Coefficients(**case["coefficients"])
    ratio = 1.0 if c.demand_wh == c.supply_wh else c.demand_wh / c.supply_wh if c.supply_wh else math.inf
    product = 1 + t.supply_demand / BASIS * math.log(min(max(ratio, 0.01), 100))
    product *= 1 if c.charge_bp is None else 1 + t.charge / BASIS * (1 - c.charge_bp / BASIS) ** 2
    product *= 1 + t.distance_per_km / BASIS * c.metres / 1000
    hours = {**dict.fromkeys(range(18, 22), t.evening), **dict.fromkeys((6, 7, 8), t.morning)}
    product *= {**hours, **dict.fromkeys((2, 3, 4, 5), t.night)}.get(c.hour, BASIS) / BASIS
    parts = [(t.delivery_weight, c.delivered / (c.agreed + 1))]
    parts += [(t.voltage_weight, c.voltage_bp / BASIS)] if c.voltage_bp is not None else []
    parts += [(t.battery_weight, c.battery_bp / BASIS)] if c.battery_bp is not None else []
    quality = sum(weight * part for weight, part in parts) / sum(weight for weight, _ in parts)
    product *= 1 + t.reliability / BASIS * quality
    winter = {(t.winter_month - 1 + away) % 12 + 1 for away in (-1, 0, 1)}
    summer = {(month + 5) % 12 + 1 for month in winter}
    product *= t.winter / BASIS if c.month in winter else t.summer / BASIS if c.month in summer else 1
    assert case["price"]["price"] == pytest.approx(t.base * min(max(product, 0.5), 5), abs=t.base / 5000)
    assert case["price"]["clamped"] == (not 0.5 <= product <= 5)


def test_the_browsers_formula_gives_the_same_numbers() -> None:
    own = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "stelltron" / "node" / "bin" / "node"
    node = shutil.which("node") or str(own)
    given = json.dumps(CASES)
    ran = subprocess.run([node, "-e", RUN_IN_NODE], cwd=FRONT_END, input=given, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout) == [case["price"] for case in CASES]


@given(st.integers(ONE, 1000 * ONE))
def test_the_logarithm_is_right_to_eight_digits(ratio: int) -> None:
    assert natural_log(ratio) / ONE == pytest.approx(math.log(ratio / ONE), abs=1e-7)


@given(
    st.builds(
        Conditions,
        supply_wh=st.integers(0, 10**9),
        demand_wh=st.integers(0, 10**9),
        hour=st.integers(0, 23),
        month=st.integers(1, 12),
        charge_bp=st.none() | st.integers(0, BASIS),
        metres=st.integers(0, 10**6),
        voltage_bp=st.none() | st.integers(0, BASIS),
        battery_bp=st.none() | st.integers(0, BASIS),
    ),
    st.integers(0, BASIS),
)
def test_the_multiplier_stays_within_its_bounds(conditions: Conditions, a: int) -> None:
    price = price_of(conditions, replace(TERMS, supply_demand=a))
    assert LOWEST <= price.multiplier <= HIGHEST
    scarcer = price_of(replace(conditions, demand_wh=2 * conditions.demand_wh + 1), replace(TERMS, supply_demand=a))
    assert scarcer.multiplier >= price.multiplier


@given(st.integers(1, 10**9), st.integers(1, 10**9), st.integers(100, BASIS))
def test_smoothing_never_overshoots_and_always_arrives(before: int, target: int, share: int) -> None:
    after = smoothed(before, target, share)
    assert min(before, target) <= after <= max(before, target)
    assert after != before or before == target


def swings(prices: list[int]) -> int:
    """How often the price goes up, down and up again, or the reverse, in steps of two percent and more."""
    steps = [(b - a) / a for a, b in pairwise(prices)]
    turns = [a * b < 0 and min(abs(a), abs(b)) >= 0.02 for a, b in pairwise(steps)]
    return sum(a and b for a, b in pairwise(turns))


def test_prices_do_not_oscillate_on_recorded_days() -> None:
    profile = read_profile(ROOT / "stelltron" / "replay" / "sample" / "homes.csv.gz").mixed()
    nets: dict = {slot: [0, 0] for slot in profile.slots}
    for intervals in profile.homes.values():
        for interval in intervals:
            net = interval.generation_mwh - interval.consumption_mwh
            nets[interval.start][net < 0] += abs(net) // 1000
    targets: list[int] = []
    prices: list[int] = []
    for slot, (supply, demand) in nets.items():
        local = slot.astimezone(ZoneInfo("America/Los_Angeles"))
        targets.append(price_of(Conditions(supply, demand, local.hour, local.month), TERMS).price)
        prices.append(smoothed(prices[-1] if prices else None, targets[-1], TERMS.smoothing))
    rough, calm = (sum(abs(b - a) for a, b in pairwise(series)) for series in (targets, prices))
    assert len(prices) == 5400
    assert swings(targets) > 100
    assert swings(prices) == 0
    assert calm < rough * 0.25
