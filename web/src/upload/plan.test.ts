// @vitest-environment node
import { expect, test } from "vitest";
import { partRange, planParts } from "./plan";

const MIB = 1024 * 1024;
const SIZES = [0, 1, 99_999_999, 100_000_000, 100_000_001, 1_000 * 16 * MIB, 1_000 * 16 * MIB + 1];
const MORE = [1_000 * 32 * MIB + 1, 10_000 * 64 * MIB, 10_000 * 64 * MIB + 1, 5 * 1024 ** 4];

/** A fixed sequence: a failure names a size that fails again. */
function manySizes(): number[] {
  let state = 12345;
  const next = () => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return state / 2147483648;
  };
  const drawn = Array.from({ length: 2_000 }, () => Math.floor(10 ** (next() * 12.7)));
  return [...SIZES, ...MORE, ...drawn];
}

test("up to 100 MB a file is one part of its whole size", () => {
  expect(planParts(0)).toEqual({ size: 0, partSize: 0, partCount: 1 });
  expect(planParts(100_000_000)).toEqual({
    size: 100_000_000,
    partSize: 100_000_000,
    partCount: 1,
  });
  expect(planParts(100_000_001)).toMatchObject({ partSize: 16 * MIB, partCount: 6 });
});

test("parts double to 64 MiB to stay within a thousand, then only to stay within ten thousand", () => {
  expect(planParts(1_000 * 16 * MIB)).toMatchObject({ partSize: 16 * MIB, partCount: 1_000 });
  expect(planParts(1_000 * 16 * MIB + 1)).toMatchObject({ partSize: 32 * MIB, partCount: 501 });
  expect(planParts(1_000 * 32 * MIB + 1)).toMatchObject({ partSize: 64 * MIB, partCount: 501 });
  expect(planParts(10_000 * 64 * MIB)).toMatchObject({ partSize: 64 * MIB, partCount: 10_000 });
  expect(planParts(10_000 * 64 * MIB + 1)).toMatchObject({ partSize: 128 * MIB, partCount: 5_001 });
});

test("the parts of any size join without gap or overlap, none is empty, and there are at most ten thousand", () => {
  for (const size of manySizes()) {
    const plan = planParts(size);
    expect(plan.partCount, `${size}`).toBeLessThanOrEqual(10_000);
    expect(partRange(plan, 1).start, `${size}`).toBe(0);
    expect(partRange(plan, plan.partCount).end, `${size}`).toBe(size);
    const last = partRange(plan, plan.partCount);
    if (size > 0) expect(last.end - last.start, `${size}`).toBeGreaterThan(0);
    if (plan.partCount > 1) {
      expect(partRange(plan, plan.partCount).start).toBe(partRange(plan, plan.partCount - 1).end);
    }
  }
});

test("a part is never larger than the rule needs it", () => {
  for (const size of manySizes()) {
    const { partSize } = planParts(size);
    if (size <= 100_000_000 || partSize === 16 * MIB) continue;
    const limit = partSize <= 64 * MIB ? 1_000 : 10_000;
    expect(Math.ceil(size / (partSize / 2)), `${size}`).toBeGreaterThan(limit);
  }
});
