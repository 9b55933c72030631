import { describe, expect, it } from "vitest";
import { judgePassword } from "./password";

describe("a password", () => {
  it("that is short is refused and says how much is missing", () => {
    expect(judgePassword("ninechars")).toMatchObject({
      acceptable: false,
      text: "1 more character needed.",
    });
  });

  it("is counted in characters, not in code units", () => {
    expect(judgePassword("🔑".repeat(9)).acceptable).toBe(false);
  });

  it("of repeated or common pieces is called weak", () => {
    expect(judgePassword("aaaaaaaaaaaaaaaa").text).toMatch(/Weak/);
    expect(judgePassword("Password12345678").text).toMatch(/Weak/);
  });

  it("of several words is strong", () => {
    expect(judgePassword("orbit lemon quartz vow").strength).toBe(1);
  });
});
