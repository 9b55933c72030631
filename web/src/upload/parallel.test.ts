// @vitest-environment node
import { expect, test } from "vitest";
import { parallelPuts } from "./parallel";
import { browserMaySet } from "./put";

const page = { pageOrigin: "https://files.test", pageProtocol: "h2", setting: null };

test("six PUTs run at once; four where they would starve the API of HTTP/1.1 connections", () => {
  const http1 = { ...page, pageProtocol: "http/1.1" };
  expect(parallelPuts("https://store.test/x", page)).toBe(6);
  expect(parallelPuts("https://files.test/store/x", page)).toBe(6);
  expect(parallelPuts("https://files.test/store/x", http1)).toBe(4);
  expect(parallelPuts("/store/x", http1)).toBe(4);
  expect(parallelPuts("https://store.test/x", http1)).toBe(6);
  expect(parallelPuts(null, page)).toBe(4);
});

test("a setting between five and ten wins, anything else is ignored", () => {
  expect(parallelPuts("https://store.test/x", { ...page, setting: "10" })).toBe(10);
  expect(parallelPuts("https://store.test/x", { ...page, setting: "5" })).toBe(5);
  for (const setting of ["4", "11", "many", ""]) {
    expect(parallelPuts("https://store.test/x", { ...page, setting })).toBe(6);
  }
});

test("headers that a browser sets itself are left to it", () => {
  const signed = ["Content-Length", "host", "x-amz-checksum-sha256", "If-None-Match", "Sec-Fetch"];
  expect(signed.filter(browserMaySet)).toEqual(["x-amz-checksum-sha256", "If-None-Match"]);
});
