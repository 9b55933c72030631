import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { makeFile, sha256Of } from "./content";
import { expect, FilesPage, test } from "./fixtures";
import { FardelServer } from "./server";

const MB = 1000 * 1000;
const ALL_NINE = [1, 2, 3, 4, 5, 6, 7, 8, 9];

async function makeTree(directory: string): Promise<string> {
  const root = join(directory, "Photos");
  await makeFile(root, "readme.txt", 100);
  await makeFile(root, "2024/one.bin", 40_000);
  await makeFile(root, "2024/two.bin", 50_000);
  return root;
}

async function expectTree(files: FilesPage): Promise<void> {
  await files.row("Photos").dblclick();
  await expect(files.row("readme.txt")).toBeVisible();
  await files.row("2024").dblclick();
  await expect(files.row("one.bin")).toBeVisible();
  await expect(files.row("two.bin")).toBeVisible();
  await expect(files.page.getByRole("grid").getByRole("row")).toHaveCount(3);
}

test("a chosen folder arrives with all folders below it", async ({ files, directory }) => {
  await files.uploadFolder(await makeTree(directory));
  await files.uploaded(3);
  await expectTree(files);
});

test("a dropped folder arrives too, its empty folders included", async ({ files, directory }) => {
  const root = await makeTree(directory);
  await mkdir(join(root, "empty"));
  await files.drop(root);
  await files.uploaded(3);
  await files.row("Photos").dblclick();
  await expect(files.row("empty")).toBeVisible();
});

test("150 MB go in nine parts, several at once, and come back byte for byte", async ({
  files,
  directory,
}) => {
  const path = await makeFile(directory, "film.bin", 150 * MB);
  await files.upload(path);
  await files.uploaded(1);
  expect(await files.partsTaken()).toEqual(ALL_NINE);
  expect(await sha256Of(await files.download("film.bin"))).toBe(await sha256Of(path));
});

test("a reload in the middle asks for the file and sends no finished part again", async ({
  files,
  directory,
  page,
}) => {
  const path = await makeFile(directory, "film.bin", 150 * MB, "resumed film");
  page.on("dialog", (dialog) => void dialog.accept());
  await files.limitUpload(30 * MB);
  await files.upload(path);
  await expect.poll(() => files.finishedPuts.length).toBeGreaterThanOrEqual(3);
  await page.reload();
  const before = await files.partsTaken();
  expect(before.length, "the reload came in the middle").toBeLessThan(9);
  await files.limitUpload(null);

  await expect(files.tray.getByText(/^Choose the file again to go on/)).toBeVisible();
  const choosing = page.waitForEvent("filechooser");
  await files.tray.getByRole("button", { name: "Choose film.bin again" }).click();
  await (await choosing).setFiles(path);
  await files.uploaded(1);
  expect(await files.partsTaken(), "each part was taken once").toEqual(ALL_NINE);
  expect(await sha256Of(await files.download("film.bin"))).toBe(await sha256Of(path));
});

test("another file is not taken for the one that was asked for", async ({
  files,
  directory,
  page,
}) => {
  const path = await makeFile(directory, "film.bin", 150 * MB, "asked film");
  const other = await makeFile(join(directory, "other"), "film.bin", 149 * MB);
  page.on("dialog", (dialog) => void dialog.accept());
  await files.limitUpload(20 * MB);
  await files.upload(path);
  await expect.poll(() => files.finishedPuts.length).toBeGreaterThanOrEqual(1);
  await page.reload();
  const choosing = page.waitForEvent("filechooser");
  await files.tray.getByRole("button", { name: "Choose film.bin again" }).click();
  await (await choosing).setFiles(other);
  await expect(page.getByText(/That is not the same/)).toBeVisible();
  await files.tray.getByRole("button", { name: "Cancel film.bin" }).click();
  await expect(files.tray).toBeHidden();
});

test("a paused upload rests and goes on without sending a finished part again", async ({
  files,
  directory,
}) => {
  const path = await makeFile(directory, "film.bin", 150 * MB, "paused film");
  await files.limitUpload(30 * MB);
  await files.upload(path);
  await expect.poll(() => files.finishedPuts.length).toBeGreaterThanOrEqual(2);
  await files.tray.getByRole("button", { name: "Pause film.bin" }).click();
  await expect(files.tray.getByText(/^Paused/)).toBeVisible();
  await files.limitUpload(null);
  await files.tray.getByRole("button", { name: "Resume film.bin" }).click();
  await files.uploaded(1);
  expect(await files.partsTaken()).toEqual(ALL_NINE);
});

test("content that is there already is not sent", async ({ files, directory }) => {
  await files.upload(await makeFile(directory, "first.bin", 2 * MB, "twin"));
  await files.uploaded(1);
  const sent = files.puts.length;
  await files.upload(await makeFile(directory, "second.bin", 2 * MB, "twin"));
  await expect(files.tray.getByText("Already here, nothing had to be sent")).toBeVisible();
  expect(files.puts.length).toBe(sent);
  await expect(files.row("second.bin")).toBeVisible();
});

test("a taken name asks, and keeping both keeps both", async ({ files, directory, page }) => {
  await files.upload(await makeFile(directory, "plan.txt", 1_000, "first plan"));
  await files.uploaded(1);
  await files.upload(await makeFile(directory, "plan.txt", 2_000, "second plan"));
  await files.tray.getByRole("button", { name: "Solve plan.txt" }).click();
  await expect(page.getByRole("dialog")).toContainText("exists already");
  await page.getByRole("button", { name: "Keep both" }).click();
  await files.uploaded(1);
  await expect(files.row("plan.txt")).toBeVisible();
  await expect(files.row(/^plan \(\d\)\.txt$/)).toBeVisible();
});

test("one answer solves all conflicts; replacing makes a new version", async ({
  files,
  directory,
  page,
}) => {
  const names = ["a.txt", "b.txt", "c.txt"];
  const make = (round: string, size: number) =>
    Promise.all(names.map((name) => makeFile(join(directory, round), name, size, round + name)));
  await files.upload(...(await make("old", 500)));
  await files.uploaded(3);
  await files.upload(...(await make("new", 700)));
  await expect(files.tray.getByRole("heading")).toHaveText("3 files need you");
  await files.tray.getByRole("button", { name: "Solve a.txt" }).click();
  await page.getByText(/^Do the same for all/).click();
  await page.getByRole("button", { name: "Replace" }).click();
  await files.uploaded(3);
  await expect(files.row("b.txt")).toContainText("700 bytes");
  await expect(page.getByRole("grid").getByRole("row")).toHaveCount(4);
  const path = join(directory, "new", "b.txt");
  expect(await sha256Of(await files.download("b.txt"))).toBe(await sha256Of(path));
});

test("twenty thousand waiting files are cancelled while the page stays alive", async ({
  files,
  page,
}) => {
  await files.limitUpload(1_000);
  await page.evaluate(() => {
    const clipboardData = new DataTransfer();
    for (let at = 0; at < 20_000; at += 1) {
      clipboardData.items.add(new File([`file ${at}`], `file ${at}.txt`, { lastModified: 1 }));
    }
    window.dispatchEvent(new ClipboardEvent("paste", { clipboardData, cancelable: true }));
  });
  await expect(files.tray.getByRole("button", { name: /waiting$/ })).toBeVisible();
  await files.tray.getByRole("button", { name: "Cancel all uploads" }).click();
  await page.evaluate(() => {
    const seen = { longest: 0 };
    Object.assign(window, { seen });
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) seen.longest = Math.max(seen.longest, duration);
    }).observe({ type: "longtask" });
  });
  await page.getByRole("button", { name: "Cancel uploads" }).click();
  await expect(files.tray).toBeHidden();
  const longest = await page.evaluate(
    () => (window as unknown as { seen: { longest: number } }).seen.longest,
  );
  test.info().annotations.push({ type: "longest task", description: `${Math.round(longest)} ms` });
  expect(longest).toBeLessThan(1_000);
});

test("on plain http without WebCrypto the digests come from WebAssembly", async ({
  page,
  directory,
}) => {
  const server = await FardelServer.start("fardel.test");
  try {
    await server.setUp();
    const files = new FilesPage(page, server.url);
    await files.signInByForm();
    expect(await page.evaluate(() => window.isSecureContext)).toBe(false);
    const path = await makeFile(directory, "film.bin", 101 * MB);
    await files.upload(path);
    await files.uploaded(1);
    expect(await sha256Of(await files.download("film.bin"))).toBe(await sha256Of(path));
  } finally {
    await server.stop();
  }
});
