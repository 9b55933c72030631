/** Dates, numbers and sizes, written the way the reader's locale writes them. */

const units = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte", "petabyte"] as const;

export interface Formats {
  /** 1,000-based, as disks and the other cloud drives count: "4.1 MB". */
  size(bytes: number): string;
  count(value: number): string;
  /** "1 item", "2,000 items". */
  items(value: number): string;
  percent(share: number): string;
  /** Short and relative while it is near: "5 min. ago", "Nov 14", "Nov 14, 2024". */
  when(instant: string | Date, now?: Date): string;
  /** Complete, for details and tooltips. */
  moment(instant: string | Date): string;
}

export function formatsFor(locale: string | undefined, timeZone?: string): Formats {
  const zone = timeZone ? { timeZone } : {};
  const number = new Intl.NumberFormat(locale);
  const percent = new Intl.NumberFormat(locale, { style: "percent" });
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto", style: "short" });
  const dayOfYear = new Intl.DateTimeFormat(locale, { month: "short", day: "numeric", ...zone });
  const day = new Intl.DateTimeFormat(locale, { dateStyle: "medium", ...zone });
  const moment = new Intl.DateTimeFormat(locale, {
    dateStyle: "medium",
    timeStyle: "short",
    ...zone,
  });
  const year = new Intl.DateTimeFormat("en", { year: "numeric", ...zone });
  const sizes = new Map<string, Intl.NumberFormat>();

  const sizeIn = (unit: string, digits: number): Intl.NumberFormat => {
    const key = `${unit}${digits}`;
    let format = sizes.get(key);
    if (!format) {
      format = new Intl.NumberFormat(locale, {
        style: "unit",
        unit,
        unitDisplay: unit === "byte" ? "long" : "short",
        maximumFractionDigits: digits,
      });
      sizes.set(key, format);
    }
    return format;
  };

  return {
    size(bytes) {
      let value = bytes;
      let step = 0;
      while (value >= 999.5 && step < units.length - 1) {
        value /= 1000;
        step += 1;
      }
      return sizeIn(units[step] ?? "byte", step === 0 || value >= 100 ? 0 : 1).format(value);
    },
    count: (value) => number.format(value),
    items: (value) => `${number.format(value)} ${value === 1 ? "item" : "items"}`,
    percent: (share) => percent.format(share),
    when(instant, now = new Date()) {
      const date = new Date(instant);
      const seconds = (date.getTime() - now.getTime()) / 1000;
      const past = Math.abs(seconds);
      if (past < 45) return relative.format(0, "second");
      if (past < 3_600) return relative.format(Math.round(seconds / 60), "minute");
      if (past < 86_400) return relative.format(Math.round(seconds / 3_600), "hour");
      return year.format(date) === year.format(now) ? dayOfYear.format(date) : day.format(date);
    },
    moment: (instant) => moment.format(new Date(instant)),
  };
}

export const formats = formatsFor(undefined);
