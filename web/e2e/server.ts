// Starts the built program on a free port with an empty data directory, and ends it.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const PROGRAM = resolve(process.env.FARDEL_E2E_BIN ?? "../target/debug/fardel");
const START_WITHIN = 30_000;

export interface Account {
  readonly email: string;
  readonly name: string;
  readonly password: string;
}

export const ada: Account = {
  email: "ada@example.org",
  name: "Ada Lovelace",
  password: "analytical engine 1843",
};

export class FardelServer {
  private constructor(
    readonly url: string,
    /** The link that the first start prints; null once it was used. */
    readonly setupLink: string,
    private readonly process: ChildProcess,
    private readonly data: string,
  ) {}

  /** `host` is the name in the addresses that the server gives out. */
  static async start(host = "127.0.0.1"): Promise<FardelServer> {
    const data = await mkdtemp(join(tmpdir(), "fardel-e2e-"));
    const port = await freePort();
    const url = `http://${host}:${port}`;
    const child = spawn(PROGRAM, ["serve", "--data", data, "--listen", `127.0.0.1:${port}`], {
      env: {
        PATH: process.env.PATH,
        FARDEL_PUBLIC_URL: url,
        // Every test signs in from the same address, more often than people do.
        FARDEL_RATE_LIMITS__LOGIN: "1000",
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const link = await setupLinkFrom(child);
    return new FardelServer(
      url,
      `${url}${new URL(link).pathname}${new URL(link).hash}`,
      child,
      data,
    );
  }

  get setupCode(): string {
    return new URLSearchParams(new URL(this.setupLink).hash.slice(1)).get("code") ?? "";
  }

  /** Makes the first account without a page. */
  async setUp(account: Account = ada): Promise<void> {
    const { port } = new URL(this.url);
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/auth/setup`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ code: this.setupCode, ...account }),
    });
    if (!answer.ok) throw new Error(`Set-up failed: ${answer.status} ${await answer.text()}`);
  }

  async stop(): Promise<void> {
    if (this.process.exitCode === null) {
      this.process.kill("SIGTERM");
      await once(this.process, "exit");
    }
    await rm(this.data, { recursive: true, force: true });
  }
}

function setupLinkFrom(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = "";
    const timer = setTimeout(() => {
      child.kill();
      reject(new Error(`No setup link within ${START_WITHIN} ms. The server said:\n${said}`));
    }, START_WITHIN);
    const hear = (chunk: Buffer) => {
      said += chunk.toString();
      const link = /https?:\/\/\S+\/setup#code=[\w-]+/.exec(said);
      if (link === null) return;
      clearTimeout(timer);
      resolve(link[0]);
    };
    child.stdout?.on("data", hear);
    child.stderr?.on("data", hear);
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`The server ended with ${code}:\n${said}`)));
  });
}

async function freePort(): Promise<number> {
  const probe = createServer();
  probe.listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  if (address === null || typeof address === "string") throw new Error("No port is free.");
  return address.port;
}
