// @vitest-environment node
import { createHash, randomBytes } from "node:crypto";
import { expect, test, vi } from "vitest";
import { sha256Base64, wasmDigest } from "./digest";

const bytes = randomBytes(5 * 1024 * 1024 + 7);
const expected = createHash("sha256").update(bytes).digest("base64");

test("a digest is the SHA-256 of the bytes in base64", async () => {
  expect(await sha256Base64(new Blob([bytes]))).toBe(expected);
});

test("WebAssembly gives the same digest where WebCrypto is missing", async () => {
  expect(await wasmDigest(new Blob([bytes]))).toBe(expected);
  vi.stubGlobal("crypto", {});
  expect(await sha256Base64(new Blob([bytes]))).toBe(expected);
  vi.unstubAllGlobals();
});

test("an empty blob has a digest too", async () => {
  const empty = createHash("sha256").digest("base64");
  expect(await sha256Base64(new Blob([]))).toBe(empty);
  expect(await wasmDigest(new Blob([]))).toBe(empty);
});
