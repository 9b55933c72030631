import { expect, test } from "./fixtures";
import { ada } from "./server";

test("the printed link makes the first account, once, and the account signs in", async ({
  page,
  freshServer: { setupLink, url },
}) => {
  await page.goto(setupLink);
  await page.getByLabel("Name").fill(ada.name);
  await page.getByLabel("E-mail").fill(ada.email);
  await page.getByLabel("Password").fill(ada.password);
  expect(page.url(), "the code does not stay in the address").not.toContain("code=");
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(page.getByRole("navigation", { name: "Breadcrumb" })).toBeVisible();

  await page.getByRole("button", { name: /^Account of/ }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.getByLabel("E-mail").fill(ada.email);
  await page.getByLabel("Password").fill("not the password");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByText("Check the e-mail address and the password.")).toBeVisible();
  await page.getByLabel("Password").fill(ada.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("navigation", { name: "Breadcrumb" })).toBeVisible();

  await page.goto(`${url}/setup`);
  await expect(page.getByText("This server is already set up")).toBeVisible();
});

test("who is not signed in is asked to, and comes back to where they wanted to go", async ({
  page,
  server,
}) => {
  await page.goto(`${server.url}/trash`);
  await page.getByLabel("E-mail").fill(ada.email);
  await page.getByLabel("Password").fill(ada.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("heading", { name: "Trash", exact: true })).toBeVisible();
});
