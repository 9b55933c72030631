import { describe, expect, it } from "vitest";
import { answer, explain, Problem, problemFrom, sentence, Unreachable } from "./problem";

const document = {
  type: "/problems/name-taken",
  title: "The name is taken",
  status: 409,
  detail: "There is already a file with this name.",
  code: "name-taken",
  traceId: "4bf92f3577b34da6a3ce929d0e0e4736",
};

describe("a problem of the server", () => {
  it("keeps its words and its trace id", () => {
    const problem = problemFrom(new Response(null, { status: 409 }), document);
    expect(explain(problem)).toEqual({
      title: "The name is taken",
      detail: "There is already a file with this name.",
      traceId: "4bf92f3577b34da6a3ce929d0e0e4736",
      canRetry: false,
    });
  });

  it("without a body still says something", () => {
    const problem = problemFrom(new Response(null, { status: 502 }), null);
    expect(sentence(problem)).toBe("The server had a problem. Try again in a moment.");
  });

  it("says how long to wait", () => {
    const response = new Response(null, { status: 429, headers: { "retry-after": "1" } });
    expect(explain(problemFrom(response, null)).detail).toMatch(/in 1 second\./);
  });

  it("finds the message of one field", () => {
    const problem = new Problem({
      status: 422,
      errors: [{ pointer: "/email", detail: "This is no e-mail address." }],
    });
    expect(problem.field("email", "The address")).toBe("This is no e-mail address.");
    expect(problem.field("name", "The name")).toBeUndefined();
  });

  it("makes a sentence of what a field is said to be", () => {
    const problem = new Problem({
      status: 422,
      errors: [{ pointer: "/currentPassword", detail: "is not the present password" }],
    });
    expect(problem.field("currentPassword", "This")).toBe("This is not the present password.");
  });
});

describe("a request without an answer", () => {
  it("is told from a refusal, and can be tried again", async () => {
    const failure = await answer(Promise.reject(new TypeError("Failed to fetch"))).catch(
      (cause: unknown) => cause,
    );
    expect(failure).toBeInstanceOf(Unreachable);
    expect(explain(failure).canRetry).toBe(true);
  });

  it("that was called off stays what it is", async () => {
    const abort = new DOMException("stop", "AbortError");
    await expect(answer(Promise.reject(abort))).rejects.toBe(abort);
  });
});
