// What went wrong, in words for a person: what happened and what to do.

import type { UploadFailure } from "./model";
import { NetworkError, ProblemError, UnreadableError } from "./port";

const ADVICE: Readonly<Record<string, readonly [title: string, detail: string]>> = {
  "quota-exceeded": [
    "Not enough space",
    "Your storage is full. Delete files or empty the trash, then retry.",
  ],
  "too-large": ["File too large", "It is larger than this server accepts."],
  "type-not-allowed": ["Type not allowed", "This server does not accept files of this type."],
  "content-mismatch": [
    "Content did not arrive intact",
    "The bytes that arrived were not those of the file. Retry sends it again.",
  ],
  forbidden: ["Not allowed", "You may not add files to this folder, or it no longer exists."],
  "store-refused": [
    "The store refused the file",
    "Retry; if it happens again, tell the administrator.",
  ],
};

export function failureOf(error: unknown): UploadFailure {
  if (error instanceof ProblemError) {
    const [title, detail] = ADVICE[error.code] ?? [error.title, error.detail];
    return { code: error.code, title, detail, traceId: error.extra.traceId ?? null };
  }
  if (error instanceof NetworkError) {
    return own(
      "unreachable",
      "No connection",
      "The server could not be reached. Retry goes on where it stopped.",
    );
  }
  if (error instanceof UnreadableError) {
    return own(
      "unreadable",
      "File not readable",
      "It was moved or changed. Choose the file again.",
    );
  }
  return own(
    "unexpected",
    "Something went wrong",
    error instanceof Error ? error.message : String(error),
  );
}

export const SENT_BY_OTHER_TAB = own(
  "other-tab",
  "Another tab is sending this file",
  "Let that tab finish, or cancel it there and retry here.",
);

export function isNameTaken(error: unknown): boolean {
  return error instanceof ProblemError && error.status === 409 && error.code === "name-taken";
}

function own(code: string, title: string, detail: string): UploadFailure {
  return { code, title, detail, traceId: null };
}
