import { makeFile } from "./content";
import { expect, test } from "./fixtures";

test("a deleted file leaves the list at once, and undo brings it back", async ({
  files,
  directory,
  page,
}) => {
  await files.upload(await makeFile(directory, "letter.txt", 1_000));
  await files.uploaded(1);
  await files.row("letter.txt").click();
  await page.keyboard.press("Delete");
  await page.getByRole("alertdialog").getByRole("button", { name: "Move to trash" }).click();
  await expect(files.row("letter.txt")).toBeHidden();
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(files.row("letter.txt")).toBeVisible();
});

test("Ctrl+Z takes a deletion back too, and the trash is empty again", async ({
  files,
  directory,
  page,
}) => {
  await files.upload(await makeFile(directory, "draft.txt", 1_000));
  await files.uploaded(1);
  await files.row("draft.txt").click();
  await page.keyboard.press("Delete");
  await page.getByRole("alertdialog").getByRole("button", { name: "Move to trash" }).click();
  await expect(files.row("draft.txt")).toBeHidden();
  await page.getByRole("link", { name: "Trash" }).first().click();
  await expect(files.row("draft.txt")).toBeVisible();
  await page.keyboard.press("Control+z");
  await expect(files.row("draft.txt")).toBeHidden();
  await files.open();
  await expect(files.row("draft.txt")).toBeVisible();
});
