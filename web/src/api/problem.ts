/** Failures of the API in one shape: RFC 9457 problems, and requests that never got an answer. */
import type { components } from "./schema.gen";

/** Some codes add members of their own. */
export type ProblemDocument = components["schemas"]["ProblemBody"] & {
  /** Parts of an upload that the store does not have, with `not-uploaded`. */
  missing?: number[];
};

export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly detail: string | undefined;
  readonly traceId: string | undefined;
  /** Seconds to wait before a repeat, from Retry-After. */
  readonly retryAfter: number | undefined;
  readonly fields: { pointer: string; detail: string }[];

  constructor(document: Partial<ProblemDocument> & { status: number }, retryAfter?: number) {
    super(document.detail ?? document.title ?? `HTTP ${document.status}`);
    this.name = "Problem";
    this.status = document.status;
    this.code = document.code ?? `http-${document.status}`;
    this.title = document.title ?? titleOf(document.status);
    this.detail = document.detail ?? undefined;
    this.traceId = document.traceId;
    this.retryAfter = retryAfter;
    this.fields = document.errors ?? [];
  }

  /** The message for one field of a form, by its member; the label begins the sentence. */
  field(member: string, label: string): string | undefined {
    const detail = this.fields.find((error) => error.pointer === `/${member}`)?.detail;
    if (detail === undefined) return undefined;
    const sentence = /^(is|must|has|lies|belongs)\b/.test(detail) ? `${label} ${detail}` : detail;
    return `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.`.replace(/\.\.$/, ".");
  }
}

/** The request got no answer: no network, server stopped, or the connection broke. */
export class Unreachable extends Error {
  constructor(cause: unknown) {
    super("The server cannot be reached", { cause });
    this.name = "Unreachable";
  }
}

export function problemFrom(response: Response, body: unknown): Problem {
  const document = isProblemDocument(body) ? body : {};
  const seconds = Number(response.headers.get("retry-after"));
  return new Problem(
    { ...document, status: response.status },
    Number.isFinite(seconds) && seconds > 0 ? seconds : undefined,
  );
}

type Answer<T> = { data?: T; error?: unknown; response: Response };

/** Awaits a call of the typed client and returns its body, or throws a Problem or Unreachable. */
export async function answer<T>(call: Promise<Answer<T>>): Promise<T> {
  let result: Answer<T>;
  try {
    result = await call;
  } catch (cause) {
    if (cause instanceof Problem || isAbort(cause)) throw cause;
    throw cause instanceof Unreachable ? cause : new Unreachable(cause);
  }
  if (!result.response.ok) throw problemFrom(result.response, result.error);
  return result.data as T;
}

export interface Explanation {
  title: string;
  detail: string;
  traceId?: string | undefined;
  canRetry: boolean;
}

/** What to tell a person: what happened, and what they can do. */
export function explain(failure: unknown): Explanation {
  if (failure instanceof Unreachable) {
    return {
      title: "Can’t reach the server",
      detail: "Check your connection, then try again.",
      canRetry: true,
    };
  }
  if (failure instanceof Problem) {
    return {
      title: failure.title,
      detail: adviceFor(failure),
      traceId: failure.traceId,
      canRetry: failure.status === 408 || failure.status === 429 || failure.status >= 500,
    };
  }
  return {
    title: "Something went wrong",
    detail: failure instanceof Error ? failure.message : "Reload the page and try again.",
    canRetry: true,
  };
}

/** One sentence for a toast or a line under a form. */
export function sentence(failure: unknown): string {
  const { title, detail } = explain(failure);
  return detail ? `${title.replace(/[.!]$/, "")}. ${detail}` : title;
}

function adviceFor(problem: Problem): string {
  if (problem.status === 429) {
    const wait = problem.retryAfter ?? 30;
    return `Too many requests. Try again in ${wait} ${wait === 1 ? "second" : "seconds"}.`;
  }
  if (problem.detail) return problem.detail;
  if (problem.fields.length > 0) return problem.fields.map((field) => field.detail).join(" ");
  switch (problem.code) {
    case "forbidden":
      return "It may have been removed, or you may not have access to it.";
    case "name-taken":
      return "Choose another name.";
    case "quota-exceeded":
      return "Free some space, for example by emptying the trash.";
    case "precondition-failed":
      return "It was changed somewhere else. Reload to see the newest state.";
  }
  return problem.status >= 500 ? "Try again in a moment." : "";
}

function titleOf(status: number): string {
  if (status === 401) return "Sign in again";
  if (status === 403) return "You can’t open this";
  if (status === 429) return "Please slow down";
  if (status >= 500) return "The server had a problem";
  return "The request was refused";
}

function isProblemDocument(body: unknown): body is ProblemDocument {
  return typeof body === "object" && body !== null && "code" in body;
}

function isAbort(cause: unknown): boolean {
  return cause instanceof DOMException && cause.name === "AbortError";
}
