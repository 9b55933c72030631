// How a file is cut into parts: a pure function of its size, the same one the server has.
// The file's checksum is taken over the digests of these parts, so both sides must agree to the byte.

export const SINGLE_PART_LIMIT = 100 * 1000 * 1000;
const MIB = 1024 * 1024;
const SMALLEST_PART = 16 * MIB;
const PREFERRED_LARGEST_PART = 64 * MIB;
const PREFERRED_PARTS = 1_000;
const MOST_PARTS = 10_000;

/** Above this size the digests are taken part by part while sending, so that the first byte leaves at once. */
export const DIGEST_FIRST_LIMIT = 4 * 1024 * MIB;

export interface PartPlan {
  readonly size: number;
  readonly partSize: number;
  readonly partCount: number;
}

export function planParts(size: number): PartPlan {
  if (size <= SINGLE_PART_LIMIT) return { size, partSize: size, partCount: 1 };
  let partSize = SMALLEST_PART;
  while (partSize < PREFERRED_LARGEST_PART && Math.ceil(size / partSize) > PREFERRED_PARTS)
    partSize *= 2;
  while (Math.ceil(size / partSize) > MOST_PARTS) partSize *= 2;
  return { size, partSize, partCount: Math.ceil(size / partSize) };
}

/** The bytes [start, end) of a part; parts are numbered from 1. */
export function partRange(plan: PartPlan, partNumber: number): { start: number; end: number } {
  const start = (partNumber - 1) * plan.partSize;
  return { start, end: Math.min(start + plan.partSize, plan.size) };
}

/** A slice without a media type: the browser then adds no Content-Type of its own to a signed request. */
export function partOf(file: Blob, plan: PartPlan, partNumber: number): Blob {
  const { start, end } = partRange(plan, partNumber);
  return file.slice(start, end);
}
