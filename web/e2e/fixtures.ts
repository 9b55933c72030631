// What every spec starts with: a server of this worker, a signed-in page in a folder of its own,
// a directory for files, and a count of what goes to the store.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test as base, expect, type Locator, type Page, type Request } from "@playwright/test";
import { ada, FardelServer } from "./server";

interface OfWorker {
  server: FardelServer;
}

interface OfTest {
  /** A server that nobody has set up. */
  freshServer: FardelServer;
  directory: string;
  files: FilesPage;
}

export const test = base.extend<OfTest, OfWorker>({
  server: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the needed fixtures from the pattern.
    async ({}, use) => {
      const server = await FardelServer.start();
      await server.setUp();
      await use(server);
      await server.stop();
    },
    { scope: "worker" },
  ],

  page: async ({ page }, use) => {
    const faults: string[] = [];
    page.on("pageerror", (error) => faults.push(String(error)));
    page.on("console", (message) => {
      if (/Content Security Policy|TrustedScript/i.test(message.text()))
        faults.push(message.text());
    });
    await use(page);
    expect(faults, "no script error, nothing that the page's policy refused").toEqual([]);
  },

  // biome-ignore lint/correctness/noEmptyPattern: as above.
  freshServer: async ({}, use) => {
    const server = await FardelServer.start();
    await use(server);
    await server.stop();
  },

  // biome-ignore lint/correctness/noEmptyPattern: as above.
  directory: async ({}, use) => {
    const directory = await mkdtemp(join(tmpdir(), "fardel-e2e-files-"));
    await use(directory);
    await rm(directory, { recursive: true, force: true });
  },

  files: async ({ page, server }, use) => {
    const files = new FilesPage(page, server.url);
    await files.signIn();
    await files.openFolderOfItsOwn(test.info().title);
    await use(files);
  },
});

export { expect };

/** The screen of files with its upload tray, as a person uses it. */
export class FilesPage {
  /** Every PUT to the store, by part number ("1" for a file of one part). */
  readonly puts: Request[] = [];
  readonly finishedPuts: Request[] = [];
  #folderId = "";
  #token = "";

  constructor(
    readonly page: Page,
    readonly url: string,
  ) {
    page.on("request", (request) => {
      if (isStorePut(request)) this.puts.push(request);
    });
    page.on("requestfinished", (request) => {
      if (isStorePut(request)) this.finishedPuts.push(request);
    });
  }

  /** Leaves the session's cookie with the browser: the page signs itself in when it opens. */
  async signIn(): Promise<void> {
    await this.#withoutHandles();
    const { email, password } = ada;
    const answer = await this.page.request.post(`${this.url}/api/v1/auth/login`, {
      data: { email, password },
    });
    expect(answer.ok(), await answer.text()).toBe(true);
    this.#token = ((await answer.json()) as { accessToken: string }).accessToken;
  }

  async signInByForm(): Promise<void> {
    await this.#withoutHandles();
    await this.page.goto(this.url);
    await this.page.getByLabel("E-mail").fill(ada.email);
    await this.page.getByLabel("Password").fill(ada.password);
    await this.page.getByRole("button", { name: "Sign in" }).click();
    await expect(this.page.getByRole("navigation", { name: "Breadcrumb" })).toBeVisible();
  }

  /** No test can click through the browser's own picker; without it the page uses an input. */
  async #withoutHandles(): Promise<void> {
    await this.page.addInitScript(() => Reflect.deleteProperty(window, "showOpenFilePicker"));
  }

  async openFolderOfItsOwn(name: string): Promise<void> {
    const made = await this.page.request.post(`${this.url}/api/v1/files`, {
      headers: { authorization: `Bearer ${this.#token}` },
      data: { kind: "folder", name },
    });
    expect(made.ok(), await made.text()).toBe(true);
    this.#folderId = ((await made.json()) as { id: string }).id;
    await this.open();
  }

  async open(): Promise<void> {
    await this.page.goto(`${this.url}/folders/${this.#folderId}`);
    await expect(this.page.getByRole("button", { name: "Upload", exact: true })).toBeVisible();
  }

  row(name: string | RegExp): Locator {
    return this.page
      .getByRole("grid")
      .getByRole("row")
      .filter({
        has: this.page.getByText(name, { exact: true }),
      });
  }

  get tray(): Locator {
    return this.page.getByRole("region", { name: "Uploads" });
  }

  async upload(...paths: string[]): Promise<void> {
    const choosing = this.page.waitForEvent("filechooser");
    await this.page.getByRole("button", { name: "Upload", exact: true }).click();
    await this.page.getByRole("menuitem", { name: "Files…" }).click();
    await (await choosing).setFiles(paths);
  }

  async uploadFolder(path: string): Promise<void> {
    const choosing = this.page.waitForEvent("filechooser");
    await this.page.getByRole("button", { name: "Upload", exact: true }).click();
    await this.page.getByRole("menuitem", { name: "Folder…" }).click();
    await (await choosing).setFiles(path);
  }

  /** A real drop from the desktop: unlike a made-up DataTransfer it has entries of folders. */
  async drop(...paths: string[]): Promise<void> {
    const box = await this.page.getByRole("main").boundingBox();
    if (box === null) throw new Error("The page has no main part.");
    const session = await this.page.context().newCDPSession(this.page);
    const data = { items: [], files: paths, dragOperationsMask: 1 };
    const at = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
    await session.send("Input.dispatchDragEvent", { type: "dragEnter", ...at, data });
    // A hand moves until the place lights up; letting go before that drops on nothing.
    await expect(async () => {
      await session.send("Input.dispatchDragEvent", { type: "dragOver", ...at, data });
      await expect(this.page.locator("[data-dropping]").first()).toBeAttached({ timeout: 500 });
    }).toPass();
    await session.send("Input.dispatchDragEvent", { type: "drop", ...at, data });
    await session.detach();
  }

  async uploaded(count: number): Promise<void> {
    const text = count === 1 ? "1 file uploaded" : `${count} files uploaded`;
    await expect(this.tray.getByRole("heading")).toHaveText(text, { timeout: 45_000 });
  }

  /** Downloads by the page's own button; the path of what arrived. */
  async download(name: string): Promise<string> {
    await this.row(name).click();
    const arriving = this.page.waitForEvent("download");
    await this.page
      .getByRole("toolbar", { name: "Selected files" })
      .getByRole("button", { name: "Download" })
      .click();
    return (await arriving).path();
  }

  /** Part numbers that the store took, in order, repeats included. */
  async partsTaken(): Promise<number[]> {
    const taken: number[] = [];
    for (const request of this.finishedPuts) {
      const answer = await request.response();
      if (answer?.ok()) taken.push(partNumberOf(request));
    }
    return taken.sort((one, other) => one - other);
  }

  /** Upstream bytes a second; null for as fast as it goes. */
  async limitUpload(bytesPerSecond: number | null): Promise<void> {
    const session = await this.page.context().newCDPSession(this.page);
    await session.send("Network.enable");
    await session.send("Network.emulateNetworkConditions", {
      offline: false,
      latency: 0,
      downloadThroughput: -1,
      uploadThroughput: bytesPerSecond ?? -1,
    });
  }
}

function isStorePut(request: Request): boolean {
  return request.method() === "PUT" && !new URL(request.url()).pathname.startsWith("/api/");
}

function partNumberOf(request: Request): number {
  const url = new URL(request.url());
  const inQuery = url.searchParams.get("partNumber");
  return Number(inQuery ?? /\/(\d+)$/.exec(url.pathname)?.[1] ?? 1);
}
