/**
 * Who is signed in. The access token lives in memory only; the refresh token is an HttpOnly cookie.
 * Refresh tokens rotate and a reused one ends the whole family, so tabs take turns.
 */
import { type Exclusive, exclusive } from "./exclusive";
import { Problem, problemFrom, Unreachable } from "./problem";
import type { paths } from "./schema.gen";

export type SignedIn =
  paths["/api/v1/auth/login"]["post"]["responses"][200]["content"]["application/json"];

export type SessionState = "unknown" | "signed-in" | "signed-out";

const REFRESH_AHEAD_MS = 60_000;
const STALE_MS = 5_000;

export class Session {
  #token: string | null = null;
  #expiresAt = 0;
  #state: SessionState = "unknown";
  #refreshing: Promise<boolean> | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #listeners = new Set<() => void>();
  readonly #fetch: typeof fetch;
  readonly #exclusive: Exclusive;
  readonly #otherTabs: BroadcastChannel | null;

  constructor(
    send: typeof fetch = (input, init) => fetch(input, init),
    takeTurns: Exclusive = exclusive,
  ) {
    this.#fetch = send;
    this.#exclusive = takeTurns;
    this.#otherTabs =
      typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel("fardel.session");
    this.#otherTabs?.addEventListener("message", () => this.#drop());
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly getSnapshot = (): SessionState => this.#state;

  /** Takes over the answer of sign-in, set-up or refresh. */
  adopt(signedIn: Pick<SignedIn, "accessToken" | "expiresAt">, serverDate?: string | null): void {
    // Lifetimes are counted on the server's clock: the device's may be hours off.
    const skew = serverDate ? Date.now() - Date.parse(serverDate) : 0;
    this.#token = signedIn.accessToken;
    this.#expiresAt = Date.parse(signedIn.expiresAt) + (Number.isFinite(skew) ? skew : 0);
    clearTimeout(this.#timer);
    const wait = Math.max(1_000, this.#expiresAt - Date.now() - REFRESH_AHEAD_MS);
    this.#timer = setTimeout(() => void this.refresh().catch(() => {}), wait);
    this.#enter("signed-in");
  }

  /** A token that is good now, or null when nobody is signed in. Refreshes when it has to. */
  async token(): Promise<string | null> {
    if (this.#token !== null && this.#expiresAt - Date.now() > STALE_MS) return this.#token;
    if (this.#state === "signed-out") return null;
    return (await this.refresh()) ? this.#token : null;
  }

  /** The token at hand, without asking the server for one. */
  get heldToken(): string | null {
    return this.#token;
  }

  /** Resolves to whether somebody is signed in; throws when the server gave no verdict. */
  refresh(): Promise<boolean> {
    this.#refreshing ??= this.#exclusive("fardel.refresh", () => this.#requestRefresh()).finally(
      () => {
        this.#refreshing = null;
      },
    );
    return this.#refreshing;
  }

  /** Forgets the session here and in the other tabs; revoking it is the caller's request. */
  end(): void {
    this.#otherTabs?.postMessage("signed-out");
    this.#drop();
  }

  async #requestRefresh(): Promise<boolean> {
    const before = this.#token;
    let response: Response;
    try {
      response = await this.#fetch("/api/v1/auth/refresh", {
        method: "POST",
        headers: { accept: "application/json" },
        credentials: "same-origin",
      });
    } catch (cause) {
      throw new Unreachable(cause);
    }
    if (response.ok) {
      this.adopt((await response.json()) as SignedIn, response.headers.get("date"));
      return true;
    }
    if (response.status === 401 || response.status === 403) {
      // Somebody may have signed in while this was under way.
      if (this.#token !== before) return true;
      this.#drop();
      return false;
    }
    throw problemFrom(response, await response.json().catch(() => null));
  }

  #drop(): void {
    clearTimeout(this.#timer);
    this.#token = null;
    this.#expiresAt = 0;
    this.#enter("signed-out");
  }

  #enter(state: SessionState): void {
    if (this.#state === state) return;
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}

export const session = new Session();

/** Sends a request as the signed-in user; a 401 means one refresh and one repeat. */
export async function sendAs(
  session: Session,
  request: Request,
  send: typeof fetch = (input, init) => fetch(input, init),
): Promise<Response> {
  if (new URL(request.url).pathname.startsWith("/api/v1/auth/")) {
    return send(bearing(request, session.heldToken));
  }
  const repeat = request.clone();
  const token = await session.token();
  if (token === null) throw new Problem({ status: 401, code: "unauthenticated" });
  const response = await send(bearing(request, token));
  if (response.status !== 401) return response;
  const renewed = session.heldToken !== token || (await session.refresh());
  return renewed ? send(bearing(repeat, session.heldToken)) : response;
}

function bearing(request: Request, token: string | null): Request {
  if (token !== null) request.headers.set("authorization", `Bearer ${token}`);
  return request;
}
