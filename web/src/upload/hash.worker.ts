// A worker that takes the digest of the blobs it is sent, one after another.

import { sha256Base64 } from "./digest";

export interface HashJob {
  readonly id: number;
  readonly blob: Blob;
}

export type HashResult =
  | { readonly id: number; readonly digest: string }
  | { readonly id: number; readonly unreadable: boolean; readonly message: string };

const scope = self as unknown as {
  onmessage: ((event: MessageEvent<HashJob>) => void) | null;
  postMessage(result: HashResult): void;
};

scope.onmessage = async ({ data: { id, blob } }) => {
  try {
    scope.postMessage({ id, digest: await sha256Base64(blob) });
  } catch (error) {
    const unreadable =
      error instanceof DOMException &&
      (error.name === "NotReadableError" || error.name === "NotFoundError");
    scope.postMessage({ id, unreadable, message: String(error) });
  }
};
