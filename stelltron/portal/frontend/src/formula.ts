/**
 * The dynamic price, step by step as the server takes it (market/price/pricing.py): whole billionths, every
 * step rounded down. BigInt division cuts towards zero, and no step divides a negative number.
 */
export interface Coefficients {
  base: bigint;
  supply_demand: bigint;
  charge: bigint;
  distance_per_km: bigint;
  reliability: bigint;
  delivery_weight: bigint;
  voltage_weight: bigint;
  battery_weight: bigint;
  evening: bigint;
  morning: bigint;
  night: bigint;
  winter: bigint;
  summer: bigint;
  winter_month: bigint;
}

export interface Conditions {
  supply_wh: bigint;
  demand_wh: bigint;
  hour: number;
  month: number;
  charge_bp: bigint | null;
  metres: bigint;
  delivered: bigint;
  agreed: bigint;
  voltage_bp: bigint | null;
  battery_bp: bigint | null;
}

export interface Price {
  supply_demand: bigint;
  charge: bigint;
  distance: bigint;
  time: bigint;
  reliability: bigint;
  season: bigint;
  multiplier: bigint;
  clamped: boolean;
  price: bigint;
}

export const ONE = 10n ** 9n;
const BASIS = 10_000n;
const LN_2 = 693_147_180n;
const LOG_BITS = 30n;
const LOWEST = ONE / 2n;
const HIGHEST = 5n * ONE;
const MOST_RATIO = 100n;

export function priceOf(conditions: Conditions, terms: Coefficients): Price {
  const factors = {
    supply_demand: supplyDemandFactor(conditions.supply_wh, conditions.demand_wh, terms.supply_demand),
    charge: chargeFactor(conditions.charge_bp, terms.charge),
    distance: ONE + (conditions.metres * terms.distance_per_km * (ONE / BASIS)) / 1000n,
    time: timeFactor(conditions.hour, terms),
    reliability: reliabilityFactor(conditions, terms),
    season: seasonFactor(conditions.month, terms),
  };
  const raw = Object.values(factors).reduce((product, factor) => product * factor, 1n) / ONE ** 5n;
  const multiplier = raw < LOWEST ? LOWEST : raw > HIGHEST ? HIGHEST : raw;
  return { ...factors, multiplier, clamped: multiplier !== raw, price: (terms.base * multiplier) / ONE };
}

function supplyDemandFactor(supply: bigint, demand: bigint, a: bigint): bigint {
  if (supply === demand) {
    return ONE;
  }
  const [more, less] = supply > demand ? [supply, demand] : [demand, supply];
  const ratio = more >= MOST_RATIO * less ? MOST_RATIO * ONE : (more * ONE) / less;
  const part = (a * naturalLog(ratio)) / BASIS;
  return demand > supply ? ONE + part : part > ONE ? 0n : ONE - part;
}

function chargeFactor(charge: bigint | null, b: bigint): bigint {
  if (charge === null) {
    return ONE;
  }
  const empty = BASIS - charge;
  return ONE + (b * empty * empty * ONE) / BASIS ** 3n;
}

function timeFactor(hour: number, terms: Coefficients): bigint {
  const within = (first: number, end: number) => hour >= first && hour < end;
  const factor = within(18, 22) ? terms.evening : within(6, 9) ? terms.morning : within(2, 6) ? terms.night : BASIS;
  return factor * (ONE / BASIS);
}

function reliabilityFactor(conditions: Conditions, terms: Coefficients): bigint {
  const parts: [bigint, bigint | null][] = [
    [terms.delivery_weight, (conditions.delivered * BASIS) / (conditions.agreed + 1n)],
    [terms.voltage_weight, conditions.voltage_bp],
    [terms.battery_weight, conditions.battery_bp],
  ];
  let total = 0n;
  let weighed = 0n;
  for (const [weight, part] of parts) {
    if (part !== null) {
      total += weight;
      weighed += weight * part;
    }
  }
  return total === 0n ? ONE : ONE + (terms.reliability * (weighed / total) * ONE) / BASIS ** 2n;
}

function seasonFactor(month: number, terms: Coefficients): bigint {
  const away = Math.abs(((month - Number(terms.winter_month) + 18) % 12) - 6);
  const factor = away <= 1 ? terms.winter : away >= 5 ? terms.summer : BASIS;
  return factor * (ONE / BASIS);
}

function naturalLog(billionths: bigint): bigint {
  let ratio = billionths;
  let whole = 0n;
  while (ratio >= 2n * ONE) {
    ratio /= 2n;
    whole += 1n;
  }
  let log2 = whole << LOG_BITS;
  for (let bit = LOG_BITS - 1n; bit >= 0n; bit -= 1n) {
    ratio = (ratio * ratio) / ONE;
    if (ratio >= 2n * ONE) {
      ratio /= 2n;
      log2 += 1n << bit;
    }
  }
  return (log2 * LN_2) >> LOG_BITS;
}
