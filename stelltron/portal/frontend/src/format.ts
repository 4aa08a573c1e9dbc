const kilowattHours = new Intl.NumberFormat("en", { minimumFractionDigits: 3, maximumFractionDigits: 3 });
const whole = new Intl.NumberFormat("en");

/** Wh as kWh with three decimals, like the server writes it. */
export function kwh(wh: number): string {
  return kilowattHours.format(wh / 1000);
}

/** Watts, or kilowatts from one kilowatt on; without its sign, the words beside it say the direction. */
export function power(watts: number): string {
  const size = Math.abs(watts);
  return size < 1000 ? `${whole.format(size)} W` : `${(size / 1000).toFixed(2)} kW`;
}

export function direction(watts: number): string {
  return watts > 0 ? "feeding in" : watts < 0 ? "drawing" : "balanced";
}

const styles: Record<string, Intl.DateTimeFormatOptions> = {
  brief: { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hour12: false },
  moment: { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", hour12: false },
};

/** Write every `<time data-show>` below `root` in the reader's own time zone. */
export function localTimes(root: ParentNode): void {
  for (const element of root.querySelectorAll<HTMLTimeElement>("time[data-show]")) {
    const options = styles[element.dataset["show"] ?? ""];
    const moment = new Date(element.dateTime);
    if (options && !Number.isNaN(moment.getTime())) {
      element.textContent = new Intl.DateTimeFormat("en-GB", options).format(moment);
    }
  }
}
