// SHA-256 of a blob: WebCrypto where the page is a secure context, WebAssembly on plain http.

import { createSHA256 } from "hash-wasm";

const WASM_CHUNK = 4 * 1024 * 1024;

export async function sha256Base64(blob: Blob): Promise<string> {
  return globalThis.crypto?.subtle ? webCryptoDigest(blob) : wasmDigest(blob);
}

async function webCryptoDigest(blob: Blob): Promise<string> {
  return toBase64(new Uint8Array(await crypto.subtle.digest("SHA-256", await blob.arrayBuffer())));
}

/** Streams, so that memory stays at one chunk. */
export async function wasmDigest(blob: Blob): Promise<string> {
  const hash = await createSHA256();
  hash.init();
  for (let at = 0; at < blob.size; at += WASM_CHUNK) {
    hash.update(new Uint8Array(await blob.slice(at, at + WASM_CHUNK).arrayBuffer()));
  }
  return toBase64(hash.digest("binary"));
}

export function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}
