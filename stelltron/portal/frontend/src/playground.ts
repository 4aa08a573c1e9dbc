import { ONE, priceOf, type Coefficients, type Conditions, type Price } from "./formula";

const STROOPS = 10_000_000n;

/** "1.5" at 1000 -> 1500n, as the server reads numbers; null where there is none, undefined where it is wrong. */
function scaled(text: string, decimals: number): bigint | null | undefined {
  const typed = text.replace(/\s/g, "");
  if (typed === "") {
    return null;
  }
  const read = /^(\d+)(?:\.(\d*))?$/.exec(typed);
  const fraction = (read?.[2] ?? "").replace(/0+$/, "");
  if (!read || fraction.length > decimals) {
    return undefined;
  }
  return BigInt((read[1] ?? "") + fraction.padEnd(decimals, "0"));
}

/** Stroops with every decimal there is, at least two. */
function exact(stroops: bigint): string {
  const decimals = (stroops % STROOPS).toString().padStart(7, "0").replace(/0+$/, "").padEnd(2, "0");
  return `${(stroops / STROOPS).toLocaleString("en")}.${decimals}`;
}

function factor(billionths: bigint): string {
  return `${billionths / ONE}.${((billionths % ONE) / 100_000n).toString().padStart(4, "0")}`;
}

class Playground {
  private readonly terms: Coefficients;

  constructor(private readonly form: HTMLFormElement, terms: HTMLElement) {
    const given = JSON.parse(terms.textContent ?? "{}") as Record<string, string>;
    this.terms = Object.fromEntries(Object.entries(given).map(([name, value]) => [name, BigInt(value)])) as unknown as Coefficients;
    form.addEventListener("input", () => this.show());
    this.show();
  }

  private show(): void {
    const conditions = this.conditions();
    this.write(conditions && priceOf(conditions, this.terms));
  }

  private conditions(): Conditions | null {
    const field = (name: string) => (this.form.elements.namedItem(name) as HTMLInputElement | HTMLSelectElement).value;
    const needed = {
      supply_wh: scaled(field("supply_wh"), 3), demand_wh: scaled(field("demand_wh"), 3),
      metres: scaled(field("metres"), 3), delivered: scaled(field("delivered"), 0), agreed: scaled(field("agreed"), 0),
    };
    const optional = {
      charge_bp: scaled(field("charge_bp"), 2), voltage_bp: scaled(field("voltage_bp"), 2), battery_bp: scaled(field("battery_bp"), 2),
    };
    const values = [...Object.values(needed), ...Object.values(optional)];
    const shares = Object.values(optional).every((share) => share === null || (share !== undefined && share <= 10_000n));
    if (values.includes(undefined) || Object.values(needed).includes(null) || !shares) {
      return null;
    }
    return { ...needed, ...optional, hour: Number(field("hour")), month: Number(field("month")) } as Conditions;
  }

  private write(price: Price | null): void {
    const show = (name: string, text: string) => {
      const place = document.querySelector(`[data-played="${name}"]`);
      if (place) {
        place.textContent = text;
      }
    };
    show("price", price ? exact(price.price) : "–");
    for (const name of ["supply_demand", "charge", "distance", "time", "reliability", "season", "multiplier"] as const) {
      show(name, price ? factor(price[name]) : "–");
    }
    show("clamped", price?.clamped ? "held at its bound" : "");
  }
}

const form = document.querySelector<HTMLFormElement>("#playground");
const terms = document.querySelector<HTMLElement>("#price-terms");
if (form && terms) {
  new Playground(form, terms);
}
