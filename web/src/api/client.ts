/** The typed client of the HTTP API, for screens and the upload engine alike. */
import createClient from "openapi-fetch";
import type { paths } from "./schema.gen";
import { sendAs, session } from "./session";

export { answer, explain, Problem, Unreachable } from "./problem";
export { session } from "./session";

export const api = createClient<paths>({
  // Request needs an absolute URL outside a page, which is where the unit tests run.
  baseUrl: typeof location === "undefined" ? "http://localhost" : location.origin,
  fetch: (request) => sendAs(session, request),
});
