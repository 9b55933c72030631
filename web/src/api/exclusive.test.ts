import { describe, expect, it } from "vitest";
import { underLease } from "./exclusive";

function storage() {
  const held = new Map<string, string>();
  return {
    getItem: (key: string) => held.get(key) ?? null,
    setItem: (key: string, value: string) => void held.set(key, value),
    removeItem: (key: string) => void held.delete(key),
  };
}

describe("a lease in storage", () => {
  it("lets one tab in at a time", async () => {
    const shared = storage();
    let inside = 0;
    let most = 0;
    const task = async () => {
      inside += 1;
      most = Math.max(most, inside);
      await new Promise((resolve) => setTimeout(resolve, 10));
      inside -= 1;
    };
    await Promise.all([1, 2, 3, 4].map(() => underLease("refresh", task, shared)));
    expect(most).toBe(1);
  });

  it("is given back when the task fails", async () => {
    const shared = storage();
    await expect(
      underLease("refresh", () => Promise.reject(new Error("no")), shared),
    ).rejects.toThrow("no");
    expect(await underLease("refresh", async () => "next", shared)).toBe("next");
  });

  it("of a tab that died runs out", async () => {
    const shared = storage();
    shared.setItem("fardel.lease.refresh", JSON.stringify({ me: "dead", until: Date.now() - 1 }));
    expect(await underLease("refresh", async () => "in", shared)).toBe("in");
  });
});
