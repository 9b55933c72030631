// @vitest-environment node
import { expect, test } from "vitest";
import type { UploadItem, UploadState } from "../model";
import { type Totals, trayLines } from "./lines";
import { announcement, headline, share, situation, timeLeft } from "./words";

function item(id: string, state: UploadState, more: Partial<UploadItem> = {}): UploadItem {
  return {
    ...{ id, name: id, path: [], parentId: null, size: 4_000_000, state, hashedBytes: 0 },
    ...{ sentBytes: 0, failure: null, fileId: null, canAllow: false, waiting: false },
    ...more,
  };
}

const none: Totals = { all: 0, finished: 0, moving: 0, paused: 0, attention: 0, failed: 0 };

test("what needs a person stands first, then what moves, what waits folded, the newest done last", () => {
  const items = [
    item("done 1", "done"),
    item("done 2", "deduplicated"),
    item("sending", "sending"),
    item("paused", "paused"),
    item("conflict", "conflict"),
    item("w1", "queued"),
    item("w2", "queued"),
    item("w3", "queued"),
  ];
  const keys = ["conflict", "sending", "paused", "waiting", "done 2", "done 1"];
  expect(trayLines(items, false).map((line) => line.key)).toEqual(keys);
  expect(trayLines(items, true)).toHaveLength(9);
});

test("one or two waiting files are not folded", () => {
  const lines = trayLines([item("w1", "queued"), item("w2", "queued")], false);
  expect(lines.map((line) => line.key)).toEqual(["w1", "w2"]);
});

test("the headline says how far it is, or what is missing", () => {
  expect(headline({ ...none, all: 14, finished: 2, moving: 12 })).toBe("Uploading 2 of 14");
  expect(headline({ ...none, all: 3, finished: 2, attention: 1 })).toBe("1 file needs you");
  expect(headline({ ...none, all: 3, finished: 2, paused: 1 })).toBe("1 paused");
  expect(headline({ ...none, all: 1, finished: 1 })).toBe("1 file uploaded");
});

test("time left is rounded the way people speak", () => {
  expect(timeLeft(2)).toBe("a few seconds left");
  expect(timeLeft(31)).toBe("35 s left");
  expect(timeLeft(58)).toBe("1 min left");
  expect(timeLeft(4_000)).toBe("1 h 7 min left");
  expect(timeLeft(200_000)).toBe("more than a day left");
});

test("a line says how its file stands and a bar shows it where there is something to show", () => {
  expect(situation(item("a", "sending", { sentBytes: 1_900_000 }))).toBe("1.9 MB of 4 MB");
  expect(situation(item("a", "sending", { waiting: true }))).toMatch(/^Waiting for the connection/);
  expect(situation(item("a", "needs-file", { canAllow: true }))).toMatch(/^Allow/);
  expect(share(item("a", "sending", { sentBytes: 1_000_000 }))).toBe(0.25);
  expect(share(item("a", "completing", { size: 0 }))).toBe(1);
  expect(share(item("a", "done"))).toBeNull();
});

test("a screen reader hears the beginning, what needs it, and the end", () => {
  const moving = { ...none, all: 5, moving: 5 };
  expect(announcement(none, moving)).toBe("Uploading 5 files.");
  expect(announcement(moving, { ...moving, moving: 4, finished: 1 })).toBeNull();
  expect(announcement(moving, { ...moving, moving: 4, attention: 1 })).toBe("An upload needs you.");
  const end = announcement(moving, { ...none, all: 5, finished: 5 });
  expect(end).toBe("Uploads finished: 5 of 5.");
});
