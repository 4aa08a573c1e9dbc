import { direction, kwh, localTimes, power } from "./format";

interface Meter {
  device: string;
  power_w: number;
  exported_wh: number;
  imported_wh: number;
  at: string;
}

interface Frame {
  kind: "snapshot" | "meters" | "slot" | "book" | "notice";
  sequence: number;
  meters?: Meter[];
}

const NOT_SIGNED_IN = 4401;
const LONGEST_PAUSE_MS = 15_000;
const REFRESH_AT_MOST_EVERY_MS = 1_000;

/** One socket to the co-op: figures change in place, larger parts are fetched again by htmx. */
export class Live {
  private socket: WebSocket | null = null;
  private sequence = 0;
  private failures = 0;
  private readonly meters = new Map<string, Meter>();
  private readonly waiting = new Map<string, number>();

  constructor(private readonly address: string) {
    document.addEventListener("visibilitychange", () => this.askForSnapshot());
    this.connect();
  }

  private connect(): void {
    const socket = new WebSocket(this.address);
    this.socket = socket;
    socket.addEventListener("open", () => {
      this.failures = 0;
      this.sequence = 0;
      this.show("live");
    });
    socket.addEventListener("message", (event) => this.take(JSON.parse(String(event.data)) as Frame));
    socket.addEventListener("close", (event) => this.reconnect(event.code));
  }

  private reconnect(code: number): void {
    if (code === NOT_SIGNED_IN) {
      this.show("signed out");
      return;
    }
    this.show("reconnecting");
    this.failures += 1;
    window.setTimeout(() => this.connect(), Math.min(500 * 2 ** this.failures, LONGEST_PAUSE_MS));
  }

  private askForSnapshot(): void {
    if (!document.hidden && this.socket?.readyState === WebSocket.OPEN) {
      this.socket.send(JSON.stringify({ want: "snapshot" }));
    }
  }

  private take(frame: Frame): void {
    if (frame.kind !== "snapshot" && frame.sequence !== this.sequence + 1) {
      this.askForSnapshot();
    }
    this.sequence = frame.sequence;
    for (const meter of frame.meters ?? []) {
      this.takeMeter(meter);
    }
    if (frame.meters) {
      this.showMeters();
    }
    if (frame.kind === "snapshot") {
      this.announce("slot");
      this.announce("book");
    } else if (frame.kind !== "meters") {
      this.announce(frame.kind);
    }
  }

  private takeMeter(meter: Meter): void {
    const shown = this.meters.get(meter.device);
    if (!shown || Date.parse(shown.at) <= Date.parse(meter.at)) {
      this.meters.set(meter.device, meter);
    }
  }

  private showMeters(): void {
    const meters = [...this.meters.values()];
    const watts = meters.reduce((sum, meter) => sum + meter.power_w, 0);
    write("power", power(watts));
    write("power-direction", direction(watts));
    document.querySelector<HTMLElement>("[data-flow]")?.setAttribute("data-flow", watts > 0 ? "out" : "in");
    write("exported", kwh(meters.reduce((sum, meter) => sum + meter.exported_wh, 0)));
    write("imported", kwh(meters.reduce((sum, meter) => sum + meter.imported_wh, 0)));
    const latest = meters.map((meter) => meter.at).sort().at(-1);
    const reading = document.querySelector<HTMLTimeElement>('[data-live="read-at"]');
    if (latest && reading) {
      reading.dateTime = latest;
    } else if (latest && document.querySelector("[data-awaits-reading]")) {
      this.announce("first-reading");
    }
    for (const meter of meters) {
      this.showRow(meter);
    }
    localTimes(document);
  }

  private showRow(meter: Meter): void {
    const row = document.querySelector(`[data-meter="${CSS.escape(meter.device)}"]`);
    if (!row) {
      return;
    }
    write("meter-power", power(meter.power_w), row);
    write("meter-direction", direction(meter.power_w), row);
    write("meter-exported", kwh(meter.exported_wh), row);
    write("meter-imported", kwh(meter.imported_wh), row);
    row.querySelector<HTMLTimeElement>('[data-live="meter-at"]')?.setAttribute("datetime", meter.at);
  }

  /** Tell the page's htmx parts, once a second at most. */
  private announce(kind: string): void {
    if (this.waiting.has(kind)) {
      return;
    }
    const timer = window.setTimeout(() => {
      this.waiting.delete(kind);
      document.body.dispatchEvent(new CustomEvent(kind));
    }, REFRESH_AT_MOST_EVERY_MS);
    this.waiting.set(kind, timer);
  }

  private show(state: "live" | "reconnecting" | "signed out"): void {
    for (const element of document.querySelectorAll<HTMLElement>("[data-connection]")) {
      element.dataset["connection"] = state;
      element.textContent = state;
    }
  }
}

function write(name: string, text: string, root: ParentNode = document): void {
  for (const element of root.querySelectorAll(`[data-live="${name}"]`)) {
    if (element.textContent !== text) {
      element.textContent = text;
    }
  }
}
