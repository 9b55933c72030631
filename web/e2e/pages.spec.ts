// Every screen in both themes: a picture to look at, and no fault that axe can find.

import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { makeFile } from "./content";
import { expect, test } from "./fixtures";

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

/** When colours have arrived at their new values; what turns for ever is not waited for. */
async function atRest(page: Page): Promise<void> {
  await page.evaluate(() => {
    const ending = document
      .getAnimations()
      .filter((one) => one.effect?.getComputedTiming().iterations !== Number.POSITIVE_INFINITY);
    return Promise.allSettled(ending.map((one) => one.finished)).then(() => {});
  });
}

async function look(page: Page, name: string): Promise<void> {
  await page.emulateMedia({ reducedMotion: "reduce" });
  for (const theme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme: theme });
    await atRest(page);
    await page.screenshot({ path: `e2e/shots/${name}-${theme}.png` });
    const { violations } = await new AxeBuilder({ page }).withTags(RULES).analyze();
    const faults = violations.map(({ id, nodes }) => [id, ...nodes.map((node) => node.html)]);
    expect(faults, `${name}, ${theme}`).toEqual([]);
  }
}

test("set-up and sign-in", async ({ page, freshServer, server }) => {
  await page.goto(freshServer.setupLink);
  await expect(page.getByRole("button", { name: "Create account" })).toBeVisible();
  await look(page, "setup");
  await page.goto(server.url);
  await expect(page.getByRole("button", { name: "Sign in" })).toBeVisible();
  await look(page, "sign-in");
});

test("an empty folder, a list, tiles, a selection and its details", async ({
  files,
  directory,
  page,
}) => {
  await files.openFolderOfItsOwn("Reports");
  await expect(page.getByText("This folder is empty")).toBeVisible();
  await look(page, "folder-empty");
  const names = ["Board pack.pdf", "Launch film.mp4", "Budget 2026.xlsx", "Notes.md"];
  await files.upload(
    ...(await Promise.all(names.map((name, at) => makeFile(directory, name, 10_000 * (at + 1))))),
  );
  await files.uploaded(4);
  await files.tray.getByRole("button", { name: "Close" }).click();
  await expect(files.row("Notes.md")).toBeVisible();
  await look(page, "list");
  await files.row("Notes.md").click();
  await expect(page.getByText("1 selected").first()).toBeVisible();
  await page.getByRole("button", { name: "Show details" }).click();
  await look(page, "list-selected");
  await page.getByRole("button", { name: "Hide details" }).click();
  await page.getByRole("radio", { name: "Grid" }).click();
  await expect(page.getByRole("grid").getByText("Notes.md")).toBeVisible();
  await look(page, "tiles");
  await page.getByRole("radio", { name: "List" }).click();
  await page.setViewportSize({ width: 390, height: 844 });
  await look(page, "list-phone");
});

test("the upload tray while it sends, with a conflict, and its dialog", async ({
  files,
  directory,
  page,
}) => {
  await files.openFolderOfItsOwn("Projects");
  await files.upload(await makeFile(directory, "Plan.docx", 5_000, "old plan"));
  await files.uploaded(1);
  await files.limitUpload(200_000);
  await files.upload(
    await makeFile(directory, "Plan.docx", 6_000, "new plan"),
    await makeFile(directory, "Launch film.mp4", 20_000_000, "slow film"),
  );
  await expect(files.tray.getByText(/of 20 MB/)).toBeVisible();
  await expect(files.tray.getByRole("button", { name: "Solve Plan.docx" })).toBeVisible();
  await look(page, "tray");
  await files.tray.getByRole("button", { name: "Solve Plan.docx" }).click();
  await expect(page.getByRole("dialog")).toBeVisible();
  await look(page, "conflict");
  await page.getByRole("button", { name: "Skip" }).click();
  await files.tray.getByRole("button", { name: "Cancel all uploads" }).click();
  await look(page, "cancel-all");
  await page.getByRole("button", { name: "Cancel uploads" }).click();
  await expect(files.tray).toBeHidden();
});

test("trash and settings", async ({ files, directory, page }) => {
  await files.upload(await makeFile(directory, "old.txt", 1_000));
  await files.uploaded(1);
  await files.tray.getByRole("button", { name: "Close" }).click();
  await files.row("old.txt").click();
  await page.keyboard.press("Delete");
  await expect(page.getByRole("alertdialog")).toBeVisible();
  await look(page, "delete");
  await page.getByRole("alertdialog").getByRole("button", { name: "Move to trash" }).click();
  await expect(page.getByRole("alertdialog")).toBeHidden();
  await page.getByRole("link", { name: "Trash" }).first().click();
  await expect(files.row("old.txt")).toBeVisible();
  await look(page, "trash");
  await page.goto(`${files.url}/settings`);
  await expect(page.getByRole("heading", { name: "Settings" })).toBeVisible();
  await look(page, "settings");
});
