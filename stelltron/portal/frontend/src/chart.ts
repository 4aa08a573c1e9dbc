import uPlot from "uplot";

interface Line {
  key: string;
  label: string;
  colour: string;
  wash?: string;
}

interface Kind {
  unit: string;
  decimals: number;
  axis: string;
  lines: Line[];
}

type Figures = Record<string, (number | null)[]>;

const KINDS: Record<string, Kind> = {
  slots: {
    unit: "kWh", decimals: 3, axis: "{HH}:{mm}",
    lines: [
      { key: "exported", label: "fed in", colour: "--sun" },
      { key: "imported", label: "drawn", colour: "--soft" },
      { key: "traded", label: "traded with neighbours", colour: "--accent", wash: "--accent-wash" },
    ],
  },
  "day-prices": {
    unit: "per kWh", decimals: 4, axis: "{HH}:{mm}",
    lines: [{ key: "price", label: "mean price", colour: "--accent", wash: "--accent-wash" }],
  },
  "day-energy": {
    unit: "kWh", decimals: 3, axis: "{HH}:{mm}",
    lines: [
      { key: "supply", label: "fed in", colour: "--sun" },
      { key: "demand", label: "drawn", colour: "--soft" },
      { key: "traded", label: "traded", colour: "--accent", wash: "--accent-wash" },
    ],
  },
  days: {
    unit: "kWh", decimals: 3, axis: "{D} {MMM}",
    lines: [
      { key: "drawn", label: "from the utility", colour: "--soft" },
      { key: "bought", label: "bought from neighbours", colour: "--accent", wash: "--accent-wash" },
      { key: "sold", label: "sold to neighbours", colour: "--sun" },
    ],
  },
  prices: {
    unit: "per kWh", decimals: 4, axis: "{D} {MMM} {HH}:{mm}",
    lines: [
      { key: "target", label: "before smoothing", colour: "--soft" },
      { key: "price", label: "reference price", colour: "--accent", wash: "--accent-wash" },
    ],
  },
};

const HEIGHT = 220;

/** Lines over time, fetched from the place's source and again after every slot. */
class LineChart {
  private plot: uPlot | null = null;

  constructor(private readonly place: HTMLElement, private readonly kind: Kind) {
    void this.load();
    document.body.addEventListener("slot", () => void this.load());
    new ResizeObserver(() => this.plot?.setSize({ width: place.clientWidth, height: HEIGHT })).observe(place);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      this.plot?.destroy();
      this.plot = null;
      void this.load();
    });
  }

  private async load(): Promise<void> {
    const source = this.place.dataset["source"] ?? "";
    // Without a connection the lines stay as they are, until the next slot.
    const answer = await fetch(source, { headers: { Accept: "application/json" } }).catch(() => null);
    if (answer?.ok) {
      this.draw((await answer.json()) as Figures);
    }
  }

  private draw(figures: Figures): void {
    const at = (figures["at"] ?? []) as number[];
    const data: uPlot.AlignedData = [at, ...this.kind.lines.map((line) => figures[line.key] ?? [])];
    if (this.plot) {
      this.plot.setData(data);
    } else if (at.length > 1) {
      this.place.replaceChildren();
      this.plot = new uPlot(this.options(), data, this.place);
    }
  }

  private options(): uPlot.Options {
    const colour = (name: string) => getComputedStyle(this.place).getPropertyValue(name).trim();
    const axis = { stroke: colour("--soft"), grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false } };
    const { unit, decimals, lines } = this.kind;
    const series = (line: Line): uPlot.Series => ({
      label: line.label, stroke: colour(line.colour), width: 2, points: { show: false },
      value: (_, value) => (value === null ? "–" : `${value.toFixed(decimals)} ${unit}`),
      ...(line.wash ? { fill: colour(line.wash) } : {}),
    });
    return {
      width: this.place.clientWidth,
      height: HEIGHT,
      cursor: { y: false },
      axes: [
        { ...axis, values: this.kind.axis, space: 60 },
        { ...axis, size: 44, values: (_, values) => values.map((value) => value.toFixed(decimals > 3 ? 2 : 1)) },
      ],
      series: [
        { value: "{D} {MMM} {HH}:{mm}" },
        ...lines.map(series),
      ],
    };
  }
}

for (const place of document.querySelectorAll<HTMLElement>("[data-chart]")) {
  const kind = KINDS[place.dataset["chart"] ?? ""];
  if (kind) {
    new LineChart(place, kind);
  }
}
