// Bytes to the store by XMLHttpRequest, the only way a page can watch an upload's progress.

import { abortError, NetworkError, type Put, type PutAnswer, type PutRequest } from "./port";

/** No byte moved for this long: the connection is dead even if nobody told us. */
const STALLED_AFTER = 60_000;
/** All bytes left, but the store still digests them. */
const UNANSWERED_AFTER = 180_000;

// Fetch standard, "forbidden request-header": setting one of these only writes a warning.
const FORBIDDEN = new Set(
  (
    "accept-charset accept-encoding access-control-request-headers access-control-request-method " +
    "connection content-length cookie cookie2 date dnt expect host keep-alive origin referer " +
    "set-cookie te trailer transfer-encoding upgrade via"
  ).split(" "),
);

export function browserMaySet(header: string): boolean {
  const name = header.toLowerCase();
  return !FORBIDDEN.has(name) && !name.startsWith("proxy-") && !name.startsWith("sec-");
}

export const xhrPut: Put = (request) => send(new XMLHttpRequest(), request);

function send(xhr: XMLHttpRequest, request: PutRequest): Promise<PutAnswer> {
  const { url, headers, body, signal, onProgress } = request;
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(abortError());
    let timer: ReturnType<typeof setTimeout> | undefined;
    let silent = false;
    const watch = (milliseconds: number) => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        silent = true;
        xhr.abort();
      }, milliseconds);
    };
    const stop = () => xhr.abort();
    const finish = (settle: () => void) => {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
      settle();
    };
    signal.addEventListener("abort", stop);
    xhr.upload.onprogress = (event) => {
      watch(STALLED_AFTER);
      onProgress(event.loaded);
    };
    xhr.upload.onload = () => watch(UNANSWERED_AFTER);
    xhr.onload = () => finish(() => resolve(answerOf(xhr)));
    xhr.onerror = () => finish(() => reject(new NetworkError("The store could not be reached.")));
    xhr.onabort = () =>
      finish(() => reject(silent ? new NetworkError("The connection went silent.") : abortError()));
    xhr.open("PUT", url);
    for (const [name, value] of Object.entries(headers)) {
      if (browserMaySet(name)) xhr.setRequestHeader(name, value);
    }
    watch(STALLED_AFTER);
    xhr.send(body);
  });
}

function answerOf(xhr: XMLHttpRequest): PutAnswer {
  const slowDown = xhr.status === 429 || xhr.status === 503;
  const retryAfter = slowDown ? Number.parseFloat(xhr.getResponseHeader("Retry-After") ?? "") : NaN;
  return {
    status: xhr.status,
    etag: xhr.getResponseHeader("ETag"),
    retryAfterSeconds: Number.isNaN(retryAfter) ? null : retryAfter,
  };
}
