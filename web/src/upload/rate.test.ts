// @vitest-environment node
import { expect, test } from "vitest";
import { Rate } from "./rate";

function run(rate: Rate, from: number, seconds: number, bytesPerSecond: number): void {
  for (let tick = 1; tick <= seconds * 10; tick += 1) {
    rate.moved(bytesPerSecond / 10);
    rate.sample(from + tick * 100);
  }
}

test("a steady stream shows its speed from the first second", () => {
  const rate = new Rate();
  rate.begin(0);
  run(rate, 0, 1, 5_000_000);
  expect(rate.bytesPerSecond).toBeCloseTo(5_000_000, -2);
  expect(rate.secondsLeft(50_000_000)).toBeCloseTo(10, 2);
});

test("after a change of speed the time left follows within about ten seconds", () => {
  const rate = new Rate();
  rate.begin(0);
  run(rate, 0, 60, 1_000_000);
  run(rate, 60_000, 10, 9_000_000);
  expect(rate.bytesPerSecond).toBeGreaterThan(5_500_000);
  run(rate, 70_000, 30, 9_000_000);
  expect(rate.bytesPerSecond).toBeGreaterThan(8_500_000);
});

test("a stalled stream loses its speed and then has no time left to show", () => {
  const rate = new Rate();
  rate.begin(0);
  run(rate, 0, 10, 1_000_000);
  rate.sample(300_000);
  expect(rate.secondsLeft(1_000)).toBeNull();
});

test("bytes that are taken back do not count", () => {
  const rate = new Rate();
  rate.begin(0);
  rate.moved(-500);
  rate.moved(1_000);
  rate.sample(1_000);
  expect(rate.bytesPerSecond).toBeCloseTo(1_000, 5);
});
