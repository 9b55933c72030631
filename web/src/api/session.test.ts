import { describe, expect, it, vi } from "vitest";
import type { Exclusive } from "./exclusive";
import { Unreachable } from "./problem";
import { Session, sendAs } from "./session";

const alone: Exclusive = (_, task) => task();

function signedIn(accessToken: string, lifetimeMs = 900_000): Response {
  const expiresAt = new Date(Date.now() + lifetimeMs).toISOString();
  return Response.json({ accessToken, expiresAt, user: {} });
}

const refused = () => Response.json({ code: "unauthenticated" }, { status: 401 });

describe("a session", () => {
  it("asks for one refresh, however many requests need it", async () => {
    const send = vi.fn(async () => signedIn("a"));
    const session = new Session(send, alone);
    const tokens = await Promise.all([session.token(), session.token(), session.token()]);
    expect(tokens).toEqual(["a", "a", "a"]);
    expect(send).toHaveBeenCalledTimes(1);
  });

  it("takes turns with other tabs, which share the cookie", async () => {
    let turn: Promise<unknown> = Promise.resolve();
    const takeTurns: Exclusive = (_, task) => {
      const mine = turn.then(task);
      turn = mine.catch(() => {});
      return mine;
    };
    let inside = 0;
    let most = 0;
    let issued = 0;
    const send = async () => {
      inside += 1;
      most = Math.max(most, inside);
      await new Promise((resolve) => setTimeout(resolve, 5));
      inside -= 1;
      issued += 1;
      return signedIn(`token-${issued}`);
    };
    const tabs = [1, 2, 3].map(() => new Session(send, takeTurns));
    const tokens = await Promise.all(tabs.map((tab) => tab.token()));
    expect(most).toBe(1);
    expect(tokens).toEqual(["token-1", "token-2", "token-3"]);
  });

  it("is over when the refresh is refused, and asks no more", async () => {
    const send = vi.fn(async () => refused());
    const session = new Session(send, alone);
    expect(await session.token()).toBeNull();
    expect(session.getSnapshot()).toBe("signed-out");
    expect(await session.token()).toBeNull();
    expect(send).toHaveBeenCalledTimes(1);
  });

  it("is not over when the server cannot be reached", async () => {
    const session = new Session(() => Promise.reject(new TypeError("offline")), alone);
    await expect(session.token()).rejects.toBeInstanceOf(Unreachable);
    expect(session.getSnapshot()).toBe("unknown");
  });

  it("renews a token that is about to end", async () => {
    const send = vi.fn(async () => signedIn("new"));
    const session = new Session(send, alone);
    session.adopt({ accessToken: "old", expiresAt: new Date(Date.now() + 1_000).toISOString() });
    expect(await session.token()).toBe("new");
  });

  it("counts lifetimes on the server's clock", async () => {
    const send = vi.fn(async () => signedIn("new"));
    const session = new Session(send, alone);
    const hourBehind = Date.now() - 3_600_000;
    session.adopt(
      { accessToken: "good", expiresAt: new Date(hourBehind + 900_000).toISOString() },
      new Date(hourBehind).toUTCString(),
    );
    expect(await session.token()).toBe("good");
    expect(send).not.toHaveBeenCalled();
  });

  it("does not forget who signed in while a late refusal was under way", async () => {
    let refuse: (response: Response) => void = () => {};
    const session = new Session(
      () =>
        new Promise<Response>((resolve) => {
          refuse = resolve;
        }),
      alone,
    );
    const refreshing = session.refresh();
    await Promise.resolve();
    session.adopt({ accessToken: "fresh", expiresAt: new Date(Date.now() + 9e5).toISOString() });
    refuse(refused());
    await refreshing;
    expect(session.getSnapshot()).toBe("signed-in");
    expect(await session.token()).toBe("fresh");
  });
});

describe("a request", () => {
  const request = () =>
    new Request("http://localhost/api/v1/files", { method: "POST", body: "{}" });

  it("is repeated once, with its body, after a refresh", async () => {
    const session = new Session(async () => signedIn("second"), alone);
    session.adopt({ accessToken: "first", expiresAt: new Date(Date.now() + 9e5).toISOString() });
    const seen: string[] = [];
    const send = async (sent: RequestInfo | URL) => {
      const { headers } = sent as Request;
      seen.push(`${headers.get("authorization")} ${await (sent as Request).text()}`);
      return seen.length === 1 ? refused() : Response.json({});
    };
    expect((await sendAs(session, request(), send)).status).toBe(200);
    expect(seen).toEqual(["Bearer first {}", "Bearer second {}"]);
  });

  it("is not repeated twice", async () => {
    const session = new Session(async () => signedIn("second"), alone);
    session.adopt({ accessToken: "first", expiresAt: new Date(Date.now() + 9e5).toISOString() });
    const send = vi.fn(async () => refused());
    expect((await sendAs(session, request(), send)).status).toBe(401);
    expect(send).toHaveBeenCalledTimes(2);
  });

  it("to sign in goes without asking for a token", async () => {
    const refresh = vi.fn(async () => refused());
    const session = new Session(refresh, alone);
    const send = vi.fn(async () => Response.json({}));
    await sendAs(session, new Request("http://localhost/api/v1/auth/login"), send);
    expect(refresh).not.toHaveBeenCalled();
    expect(send).toHaveBeenCalledTimes(1);
  });
});
