// Files with known bytes: pseudo-random, the same for the same seed, in a directory that goes away.

import { createCipheriv, createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, utimes } from "node:fs/promises";
import { dirname, join } from "node:path";

const CHUNK = 4 * 1024 * 1024;
/** All files have this date, so that choosing one again is choosing the same. */
const DATE = new Date("2025-11-14T10:00:00Z");

export async function makeFile(directory: string, name: string, size: number, seed = name) {
  const path = join(directory, name);
  await mkdir(dirname(path), { recursive: true });
  const key = createHash("sha256").update(seed).digest().subarray(0, 16);
  const stream = createCipheriv("aes-128-ctr", key, Buffer.alloc(16));
  const zeros = Buffer.alloc(CHUNK);
  const file = await open(path, "w");
  for (let left = size; left > 0; left -= CHUNK) {
    await file.write(stream.update(zeros.subarray(0, Math.min(CHUNK, left))));
  }
  await file.close();
  await utimes(path, DATE, DATE);
  return path;
}

export async function sha256Of(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest("hex");
}
