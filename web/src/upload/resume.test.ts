// @vitest-environment node
import { expect, test } from "vitest";
import { forgetfulJournal, type Journal, journalKey } from "./journal";
import { fakeFile } from "./testing/fake-file";
import { FakeServer, problem } from "./testing/fake-server";
import { Disk, Page } from "./testing/page";

const MB = 1000 * 1000;
const GB = 1000 * MB;

async function openPage(server: FakeServer, disk: Disk, user = "ada"): Promise<Page> {
  const page = new Page(server, disk);
  await page.uploader.start(user);
  return page;
}

/** Sends until the given part comes up, then closes the tab. */
async function interruptAt(server: FakeServer, disk: Disk, part: number, file: File) {
  const page = await openPage(server, disk);
  const reached = new Promise<void>((resolve) => {
    server.beforePut = ({ partNumber }) => {
      if (partNumber < part) return;
      resolve();
      return new Promise(() => {});
    };
  });
  page.uploader.enqueueFiles([{ file, path: [] }], null);
  await reached;
  await page.until(({ sentBytes }) => sentBytes >= (part - 6) * 16 * 1024 * 1024);
  page.close();
  server.beforePut = () => {};
}

async function chooseAgain(page: Page, file: File): Promise<boolean> {
  await page.untilState(file.name, "needs-file");
  return page.uploader.chooseAgain(page.item(file.name)?.id ?? "", file);
}

test("after a reload the file is asked for, and no part that arrived is sent again", async () => {
  const server = new FakeServer();
  const disk = new Disk();
  await interruptAt(server, disk, 10, fakeFile("film.mp4", 300 * MB));
  const before = server.putsOf("film.mp4");
  expect(before.length).toBeGreaterThan(3);

  const page = await openPage(server, disk);
  expect(await chooseAgain(page, fakeFile("film.mp4", 300 * MB))).toBe(true);
  await page.untilState("film.mp4", "done");
  const sent = server.putsOf("film.mp4");
  expect(sent).toEqual(Array.from({ length: 18 }, (_, at) => at + 1));
  // Only one confirmed and the first unconfirmed part are read again before going on.
  expect(page.hashed).toHaveLength(2);
});

test("dropping the same file on the same place continues it", async () => {
  const server = new FakeServer();
  const disk = new Disk();
  await interruptAt(server, disk, 10, fakeFile("film.mp4", 300 * MB));
  const page = await openPage(server, disk);
  page.uploader.enqueueFiles([{ file: fakeFile("film.mp4", 300 * MB), path: [] }], null);
  await page.untilState("film.mp4", "done");
  expect(server.putsOf("film.mp4")).toHaveLength(18);
});

test("a file of another name, size or date is not taken for the same", async () => {
  const server = new FakeServer();
  const disk = new Disk();
  await interruptAt(server, disk, 10, fakeFile("film.mp4", 300 * MB));
  const page = await openPage(server, disk);
  const { id } = await page.untilState("film.mp4", "needs-file");
  expect(page.uploader.chooseAgain(id, fakeFile("other.mp4", 300 * MB))).toBe(false);
  expect(page.uploader.chooseAgain(id, fakeFile("film.mp4", 301 * MB))).toBe(false);
  const later = fakeFile("film.mp4", 300 * MB, "film.mp4", 1);
  expect(page.uploader.chooseAgain(id, later)).toBe(false);
  expect(page.item("film.mp4")?.state).toBe("needs-file");
});

test("a file whose content changed behind the same name, size and date is sent anew", async () => {
  const server = new FakeServer();
  const disk = new Disk();
  await interruptAt(server, disk, 10, fakeFile("film.mp4", 300 * MB, "first cut"));
  const page = await openPage(server, disk);
  await chooseAgain(page, fakeFile("film.mp4", 300 * MB, "second cut"));
  await page.untilState("film.mp4", "done");
  expect(server.aborted).toHaveLength(1);
  expect(server.files).toHaveLength(1);
  const last = server.puts.slice(-18).map((put) => put.partNumber);
  expect(new Set(last).size).toBe(18);
});

test("a very large file resumes by the digests of its parts", async () => {
  const server = new FakeServer();
  const disk = new Disk();
  await interruptAt(server, disk, 30, fakeFile("huge.img", 5 * GB));
  const page = await openPage(server, disk);
  await chooseAgain(page, fakeFile("huge.img", 5 * GB));
  await page.untilState("huge.img", "done");
  const sent = server.putsOf("huge.img");
  expect(new Set(sent).size).toBe(sent.length);
  expect(sent).toHaveLength(299);
});

test("another browser lists the unfinished upload and continues it by its checksum", async () => {
  const server = new FakeServer();
  await interruptAt(server, new Disk(), 10, fakeFile("film.mp4", 300 * MB));
  const page = await openPage(server, new Disk());
  await page.untilState("film.mp4", "needs-file");
  await chooseAgain(page, fakeFile("film.mp4", 300 * MB, "film.mp4", 42));
  await page.untilState("film.mp4", "done");
  expect(server.putsOf("film.mp4")).toHaveLength(18);
});

test("dropping the file in another browser takes over the line of the unfinished upload", async () => {
  const server = new FakeServer();
  await interruptAt(server, new Disk(), 10, fakeFile("film.mp4", 300 * MB));
  const page = await openPage(server, new Disk());
  page.uploader.enqueueFiles([{ file: fakeFile("film.mp4", 300 * MB), path: [] }], null);
  await page.until(({ items, counts }) => items.length === 1 && counts.done === 1);
  expect(server.putsOf("film.mp4")).toHaveLength(18);
});

test("a very large file from another browser resumes when the store tells its parts' digests", async () => {
  const server = new FakeServer();
  server.tellsPartDigests = true;
  await interruptAt(server, new Disk(), 30, fakeFile("huge.img", 5 * GB));
  const page = await openPage(server, new Disk());
  page.uploader.enqueueFiles([{ file: fakeFile("huge.img", 5 * GB), path: [] }], null);
  await page.untilState("huge.img", "done");
  expect(server.putsOf("huge.img")).toHaveLength(299);
  expect(server.open.size).toBe(0);
});

test("an upload that the server freed meanwhile is sent from the first byte", async () => {
  const server = new FakeServer();
  const disk = new Disk();
  await interruptAt(server, disk, 10, fakeFile("film.mp4", 300 * MB));
  server.open.clear();
  const page = await openPage(server, disk);
  await chooseAgain(page, fakeFile("film.mp4", 300 * MB));
  await page.untilState("film.mp4", "done");
  expect(server.puts.slice(-18)).toHaveLength(18);
});

test("an upload that the server finished meanwhile disappears and counts as done", async () => {
  const server = new FakeServer();
  const disk = new Disk();
  const page = await openPage(server, disk);
  server.fail("confirm", problem(400, "lost"));
  page.uploader.enqueueFiles([{ file: fakeFile("film.mp4", 150 * MB), path: [] }], null);
  await page.untilState("film.mp4", "failed");
  page.close();
  await server.api.confirm("file-1", "fail", new AbortController().signal);
  const reloaded = await openPage(server, disk);
  await reloaded.until(({ items }) => items.length === 0);
  expect(reloaded.done).toHaveLength(1);
});

test("an upload whose parts are joined already is only confirmed", async () => {
  const server = new FakeServer();
  const disk = new Disk();
  const page = await openPage(server, disk);
  server.fail("confirm", problem(400, "lost"));
  page.uploader.enqueueFiles([{ file: fakeFile("film.mp4", 150 * MB), path: [] }], null);
  await page.untilState("film.mp4", "failed");
  page.close();
  const reloaded = await openPage(server, disk);
  await chooseAgain(reloaded, fakeFile("film.mp4", 150 * MB));
  await reloaded.untilState("film.mp4", "done");
  expect(server.puts).toHaveLength(9);
  expect(reloaded.hashed).toEqual([]);
});

test("an upload that was aborted elsewhere while it was sent begins anew", async () => {
  const server = new FakeServer();
  const page = await openPage(server, new Disk());
  server.fail("complete", problem(409, "conflict"));
  page.uploader.enqueueFiles([{ file: fakeFile("film.mp4", 150 * MB), path: [] }], null);
  await page.untilState("film.mp4", "done");
  expect(server.aborted).toHaveLength(1);
  expect(server.puts).toHaveLength(18);
});

test("what another open tab has in its queue is not offered here, and is never sent twice", async () => {
  const server = new FakeServer();
  const disk = new Disk();
  const first = await openPage(server, disk);
  server.beforePut = () => new Promise(() => {});
  first.uploader.enqueueFiles([{ file: fakeFile("film.mp4", 300 * MB), path: [] }], null);
  await first.untilState("film.mp4", "sending");
  const second = await openPage(server, disk);
  expect(second.uploader.getSnapshot().items).toEqual([]);
  second.uploader.enqueueFiles([{ file: fakeFile("film.mp4", 300 * MB), path: [] }], null);
  const item = await second.untilState("film.mp4", "failed");
  expect(item.failure?.code).toBe("other-tab");
});

test("signing out stops everything and leaves nothing of the user on the disk", async () => {
  const server = new FakeServer();
  const disk = new Disk();
  await interruptAt(server, disk, 10, fakeFile("film.mp4", 300 * MB));
  const page = await openPage(server, disk);
  await page.uploader.signOut();
  expect(page.uploader.getSnapshot().items).toBeDefined();
  server.open.clear();
  const again = await openPage(server, disk);
  expect(again.uploader.getSnapshot().items).toEqual([]);
});

test("one user never sees what another left unfinished", async () => {
  const server = new FakeServer();
  const disk = new Disk();
  await interruptAt(server, disk, 10, fakeFile("film.mp4", 300 * MB));
  server.open.clear();
  const page = await openPage(server, disk, "grace");
  expect(page.uploader.getSnapshot().items).toEqual([]);
});

/** A journal that holds one record with a handle, which fake-indexeddb could not clone. */
function journalWithHandle(permission: { now: PermissionState; asked: PermissionState }): Journal {
  const file = fakeFile("film.mp4", 150 * MB);
  const handle = {
    queryPermission: async () => permission.now,
    requestPermission: async () => permission.asked,
    getFile: async () => file,
  } as unknown as FileSystemFileHandle;
  const { name, size, lastModified, type: mediaType } = file;
  const place = { userId: "ada", tab: "gone", parentId: null, path: [] };
  const key = journalKey("ada", null, [], file);
  const traits = { key, name, size, lastModified, mediaType };
  const record = { ...place, ...traits, onConflict: "fail" as const, known: null, handle };
  return { ...forgetfulJournal, load: async () => [record] };
}

test("a file whose handle is still readable continues by itself", async () => {
  const journal = journalWithHandle({ now: "granted", asked: "denied" });
  const page = new Page(new FakeServer(), new Disk(), journal);
  await page.uploader.start("ada");
  await page.untilState("film.mp4", "done");
});

test("one click allows the kept handle to be read", async () => {
  const journal = journalWithHandle({ now: "prompt", asked: "granted" });
  const page = new Page(new FakeServer(), new Disk(), journal);
  await page.uploader.start("ada");
  const item = await page.untilState("film.mp4", "needs-file");
  expect(item.canAllow).toBe(true);
  expect(await page.uploader.allow(item.id)).toBe(true);
  await page.untilState("film.mp4", "done");
});

test("a refused handle leaves the line asking for the file", async () => {
  const journal = journalWithHandle({ now: "prompt", asked: "denied" });
  const page = new Page(new FakeServer(), new Disk(), journal);
  await page.uploader.start("ada");
  const item = await page.untilState("film.mp4", "needs-file");
  expect(await page.uploader.allow(item.id)).toBe(false);
  expect(page.item("film.mp4")?.state).toBe("needs-file");
});
