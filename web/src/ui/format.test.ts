import { describe, expect, it } from "vitest";
import { formatsFor } from "./format";

const english = formatsFor("en", "UTC");

describe("sizes", () => {
  it("go up by thousands", () => {
    expect(english.size(0)).toBe("0 bytes");
    expect(english.size(1)).toBe("1 byte");
    expect(english.size(999)).toBe("999 bytes");
    expect(english.size(1_000)).toBe("1 kB");
    expect(english.size(4_100_000)).toBe("4.1 MB");
    expect(english.size(3_100_000_000)).toBe("3.1 GB");
  });

  it("never show a thousand of a unit", () => {
    expect(english.size(999_999)).toBe("1 MB");
  });

  it("are written as the locale writes numbers", () => {
    expect(formatsFor("de", "UTC").size(4_100_000)).toBe("4,1 MB");
  });
});

describe("times", () => {
  const now = new Date("2026-11-25T12:00:00Z");

  it("are relative within a day", () => {
    expect(english.when("2026-11-25T11:59:50Z", now)).toBe("now");
    expect(english.when("2026-11-25T11:55:00Z", now)).toBe("5 min. ago");
    expect(english.when("2026-11-25T10:00:00Z", now)).toBe("2 hr. ago");
  });

  it("are dates before that, with the year where it differs", () => {
    expect(english.when("2026-11-14T10:00:00Z", now)).toBe("Nov 14");
    expect(english.when("2024-11-14T10:00:00Z", now)).toBe("Nov 14, 2024");
  });
});
