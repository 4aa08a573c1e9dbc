import uPlot from "uplot";

interface Slots {
  at: number[];
  exported: number[];
  imported: number[];
  traded: number[];
}

const HEIGHT = 220;

/** The member's last slots: what they fed in, drew, and traded with neighbours, in kWh. */
class SlotChart {
  private plot: uPlot | null = null;

  constructor(private readonly place: HTMLElement) {
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
    const answer = await fetch(this.place.dataset["source"] ?? "", { headers: { Accept: "application/json" } });
    if (answer.ok) {
      this.draw((await answer.json()) as Slots);
    }
  }

  private draw(slots: Slots): void {
    const data: uPlot.AlignedData = [slots.at, slots.exported, slots.imported, slots.traded];
    if (this.plot) {
      this.plot.setData(data);
    } else if (slots.at.length > 1) {
      this.place.replaceChildren();
      this.plot = new uPlot(this.options(), data, this.place);
    }
  }

  private options(): uPlot.Options {
    const colour = (name: string) => getComputedStyle(this.place).getPropertyValue(name).trim();
    const axis = { stroke: colour("--soft"), grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false } };
    const series = (label: string, stroke: string, fill?: string): uPlot.Series => ({
      label, stroke, width: 2, points: { show: false }, value: (_, value) => (value === null ? "–" : `${value.toFixed(3)} kWh`),
      ...(fill ? { fill } : {}),
    });
    return {
      width: this.place.clientWidth,
      height: HEIGHT,
      cursor: { y: false },
      axes: [
        { ...axis, values: "{HH}:{mm}", space: 60 },
        { ...axis, size: 44, values: (_, values) => values.map((value) => value.toFixed(1)) },
      ],
      series: [
        { value: "{D} {MMM} {HH}:{mm}" },
        series("fed in", colour("--sun")),
        series("drawn", colour("--soft")),
        series("traded with neighbours", colour("--accent"), colour("--accent-wash")),
      ],
    };
  }
}

for (const place of document.querySelectorAll<HTMLElement>("[data-chart]")) {
  new SlotChart(place);
}
