// @vitest-environment node
import { expect, test } from "vitest";
import { NetworkError } from "./port";
import { fakeFile } from "./testing/fake-file";
import { FakeServer, problem } from "./testing/fake-server";
import { Disk, Page } from "./testing/page";

const MB = 1000 * 1000;
const GB = 1000 * MB;

async function openPage(server: FakeServer, disk?: Disk): Promise<Page> {
  const page = new Page(server, disk);
  await page.uploader.start("ada");
  return page;
}

function enqueue(page: Page, ...files: File[]): void {
  page.uploader.enqueueFiles(
    files.map((file) => ({ file, path: [] })),
    null,
  );
}

test("a small file is sent in one part and confirmed", async () => {
  const server = new FakeServer();
  const page = await openPage(server);
  enqueue(page, fakeFile("note.txt", 12));
  await page.untilState("note.txt", "done");
  expect(server.putsOf("note.txt")).toEqual([1]);
  expect(server.files.map((file) => file.name)).toEqual(["note.txt"]);
  expect(page.done).toEqual([
    { file: expect.objectContaining({ name: "note.txt" }), droppedOn: null, deduplicated: false },
  ]);
});

test("an empty file is a file", async () => {
  const page = await openPage(new FakeServer());
  enqueue(page, fakeFile("empty", 0));
  await page.untilState("empty", "done");
});

test("a large file goes in parts, six at once and never more", async () => {
  const server = new FakeServer();
  const page = await openPage(server);
  const size = 400 * MB;
  enqueue(page, fakeFile("film.mp4", size));
  const item = await page.untilState("film.mp4", "done");
  expect(server.putsOf("film.mp4")).toEqual(Array.from({ length: 24 }, (_, at) => at + 1));
  expect(server.mostAtOnce).toBe(6);
  expect(item.sentBytes).toBe(size);
});

test("URLs beyond the first hundred are asked for while sending", async () => {
  const server = new FakeServer();
  const page = await openPage(server);
  enqueue(page, fakeFile("disk.img", 4 * GB));
  await page.untilState("disk.img", "done");
  expect(server.putsOf("disk.img")).toHaveLength(239);
  expect(server.countOf("signParts")).toBe(2);
});

test("above 4 GiB each part's digest is given with the request for its URL", async () => {
  const server = new FakeServer();
  const page = await openPage(server);
  enqueue(page, fakeFile("huge.img", 5 * GB));
  const item = await page.untilState("huge.img", "done");
  expect(item.hashedBytes).toBe(0);
  expect(server.putsOf("huge.img")).toHaveLength(299);
  expect(page.hashed).toHaveLength(299);
});

test("content that the server has is not sent", async () => {
  const server = new FakeServer();
  const page = await openPage(server);
  enqueue(page, fakeFile("a.txt", 5, "same"));
  await page.untilState("a.txt", "done");
  enqueue(page, fakeFile("b.txt", 5, "same"));
  await page.untilState("b.txt", "deduplicated");
  expect(server.puts).toHaveLength(1);
  expect(page.done.at(-1)?.deduplicated).toBe(true);
});

test("a network error, a busy store and a slow-down are tried again", async () => {
  const server = new FakeServer();
  server.fail("put", new NetworkError("lost"), 503, 429);
  server.fail("presign", problem(500, "internal"));
  const page = await openPage(server);
  enqueue(page, fakeFile("a.txt", 5));
  await page.untilState("a.txt", "done");
  expect(page.waits).toHaveLength(4);
});

test("each wait before another try is longer, up to half a minute, and the eighth is the last", async () => {
  const server = new FakeServer();
  server.fail("presign", ...Array.from({ length: 9 }, () => problem(503, "unavailable")));
  const page = await openPage(server);
  enqueue(page, fakeFile("a.txt", 5));
  await page.untilState("a.txt", "failed");
  expect(page.waits).toEqual([375, 750, 1_500, 3_000, 6_000, 12_000, 22_500]);
});

test("a server that names its pace is followed as long as it takes", async () => {
  const server = new FakeServer();
  server.fail("presign", ...Array.from({ length: 30 }, () => problem(429, "rate-limited", 7)));
  const page = await openPage(server);
  enqueue(page, fakeFile("a.txt", 5));
  await page.untilState("a.txt", "done");
  expect(page.waits).toHaveLength(30);
  expect(Math.min(...page.waits)).toBeGreaterThanOrEqual(7_000);
});

test("files that were added before the sign-in was known are sent after it", async () => {
  const server = new FakeServer();
  const page = new Page(server);
  enqueue(page, fakeFile("a.txt", 5));
  await page.uploader.start("ada");
  await page.untilState("a.txt", "done");
});

test("a store whose answers show no ETag is asked about through the server, once", async () => {
  const server = new FakeServer();
  server.showsEtags = false;
  const page = await openPage(server);
  enqueue(page, fakeFile("film.mp4", 300 * MB), fakeFile("a.txt", 5));
  await page.until(({ counts }) => counts.done === 2);
  expect(server.countOf("status")).toBe(2);
});

test("a lost network costs no tries and goes on when it is back", async () => {
  const server = new FakeServer();
  server.fail("put", ...Array.from({ length: 20 }, () => new NetworkError("lost")));
  const page = await openPage(server);
  page.isOnline = false;
  enqueue(page, fakeFile("a.txt", 5));
  await page.untilState("a.txt", "done");
  expect(page.waitsForNetwork).toBe(20);
  expect(page.waits).toEqual([]);
});

test("what cannot heal is not tried again and says why", async () => {
  const server = new FakeServer();
  server.fail("presign", problem(507, "quota-exceeded"));
  const page = await openPage(server);
  enqueue(page, fakeFile("a.txt", 5));
  const item = await page.untilState("a.txt", "failed");
  expect(item.failure?.title).toBe("Not enough space");
  expect(server.countOf("presign")).toBe(1);
  page.uploader.resume(item.id);
  await page.untilState("a.txt", "done");
});

test("an expired URL is signed again, for one part and for many", async () => {
  const server = new FakeServer();
  const page = await openPage(server);
  let seen = 0;
  server.beforePut = () => {
    seen += 1;
    if (seen === 1 || seen === 9) server.expireLinks();
  };
  enqueue(page, fakeFile("small.txt", 5), fakeFile("film.mp4", 300 * MB));
  await page.untilState("small.txt", "done");
  await page.untilState("film.mp4", "done");
  expect(server.puts.filter((put) => put.status === 403).length).toBeGreaterThan(1);
  expect(server.putsOf("film.mp4")).toHaveLength(18);
});

test("URLs that are about to expire are renewed before they are used, together", async () => {
  const server = new FakeServer();
  server.lifetime = 30_000;
  const page = await openPage(server);
  server.beforePut = () => {
    server.lifetime = 3_600_000;
  };
  enqueue(page, fakeFile("film.mp4", 300 * MB));
  await page.untilState("film.mp4", "done");
  expect(server.puts.filter((put) => put.status !== 200)).toEqual([]);
  expect(server.countOf("signParts")).toBeLessThan(10);
});

test("a part whose answer was lost is not sent again: its first use is its last", async () => {
  const server = new FakeServer();
  server.losesAnswers = 1;
  const page = await openPage(server);
  enqueue(page, fakeFile("film.mp4", 150 * MB));
  await page.untilState("film.mp4", "done");
  expect(server.puts.filter((seen) => seen.status === 412)).toHaveLength(1);
  expect(server.putsOf("film.mp4")).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test("a small file whose answer was lost is confirmed without being sent again", async () => {
  const server = new FakeServer();
  server.losesAnswers = 1;
  const page = await openPage(server);
  enqueue(page, fakeFile("a.txt", 5));
  await page.untilState("a.txt", "done");
  expect(server.puts.map((seen) => seen.status)).toEqual([200, 412]);
});

test("parts that the server misses at completion are sent again", async () => {
  const server = new FakeServer();
  const page = await openPage(server);
  const { complete } = server.api;
  let robbed = false;
  server.api.complete = async (fileId, ...rest) => {
    if (!robbed) server.open.get(fileId)?.parts.delete(3);
    robbed = true;
    return complete(fileId, ...rest);
  };
  enqueue(page, fakeFile("film.mp4", 150 * MB));
  await page.untilState("film.mp4", "done");
  expect(server.putsOf("film.mp4")).toEqual([1, 2, 3, 3, 4, 5, 6, 7, 8, 9]);
});

test("pausing stops the bytes; resuming sends only what is missing", async () => {
  const server = new FakeServer();
  const page = await openPage(server);
  let paused = false;
  server.beforePut = ({ partNumber }) => {
    if (partNumber < 8 || paused) return;
    paused = true;
    page.uploader.pause(page.item("film.mp4")?.id ?? "");
    return new Promise(() => {});
  };
  enqueue(page, fakeFile("film.mp4", 300 * MB));
  const item = await page.untilState("film.mp4", "paused");
  page.uploader.resume(item.id);
  await page.untilState("film.mp4", "done");
  const sent = server.putsOf("film.mp4");
  expect(new Set(sent).size).toBe(sent.length);
  expect(sent).toHaveLength(18);
});

test("a taken name asks; keep both, replace and skip do what they say", async () => {
  const server = new FakeServer();
  const page = await openPage(server);
  enqueue(page, fakeFile("a", 1, "old-a"), fakeFile("b", 1, "old-b"), fakeFile("c", 1, "old-c"));
  await page.until(({ counts }) => counts.done === 3);
  enqueue(page, fakeFile("a", 2, "new-a"), fakeFile("b", 2, "new-b"), fakeFile("c", 2, "new-c"));
  await page.until(({ counts }) => counts.conflict === 3);
  const idOf = (name: string) => page.item(name)?.id ?? "";
  page.uploader.solveConflict(idOf("a"), "rename", false);
  page.uploader.solveConflict(idOf("b"), "replace", false);
  page.uploader.solveConflict(idOf("c"), "skip", false);
  await page.until(({ counts, items }) => counts.done === 2 && items.length === 2);
  const kept = server.files.map((file) => `${file.name} ${file.size}`).sort();
  expect(kept).toEqual(["a (1) 2", "a 1", "b 2", "c 1"]);
});

test("a name that was taken while the bytes were under way asks too, and nothing is sent twice", async () => {
  const server = new FakeServer();
  const page = await openPage(server);
  const taken = { id: "other", name: "film.mp4", parentId: null, size: 1, digest: "other" };
  server.beforePut = () => {
    if (server.files.length === 0) server.files.push(taken);
  };
  enqueue(page, fakeFile("film.mp4", 150 * MB));
  const item = await page.untilState("film.mp4", "conflict");
  page.uploader.solveConflict(item.id, "rename", false);
  await page.untilState("film.mp4", "done");
  expect(server.puts).toHaveLength(9);
  expect(server.files.map((file) => file.name)).toEqual(["film.mp4", "film.mp4 (1)"]);
});

test("an answer for all holds for conflicts that come later in the same batch", async () => {
  const server = new FakeServer();
  const page = await openPage(server);
  const names = Array.from({ length: 30 }, (_, at) => `f${at}`);
  enqueue(page, ...names.map((name) => fakeFile(name, 1, `old ${name}`)));
  await page.until(({ counts }) => counts.done === 30);
  enqueue(page, ...names.map((name) => fakeFile(name, 2, `new ${name}`)));
  const { items } = await page.until(({ counts }) => counts.conflict > 0);
  const first = items.find((item) => item.state === "conflict");
  page.uploader.solveConflict(first?.id ?? "", "replace", true);
  await page.until(({ counts }) => counts.done === 30);
  expect(server.files.map((file) => file.size)).toEqual(names.map(() => 2));
});

test("twenty thousand queued files are cancelled at once and nothing of them stays", async () => {
  const server = new FakeServer();
  const disk = new Disk();
  const page = await openPage(server, disk);
  server.beforePut = () => new Promise(() => {});
  enqueue(page, ...Array.from({ length: 20_000 }, (_, at) => fakeFile(`f${at}`, 10)));
  await page.until(({ counts }) => counts.sending === 6);
  const began = performance.now();
  page.uploader.cancelAll();
  expect(performance.now() - began).toBeLessThan(500);
  await page.until(({ items }) => items.length === 0);
  await page.until(() => server.open.size === 0);
  page.close();
  const reloaded = await openPage(server, disk);
  expect(reloaded.uploader.getSnapshot().items).toEqual([]);
}, 30_000);

test("one line is cancelled without touching the others", async () => {
  const server = new FakeServer();
  const page = await openPage(server);
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  server.beforePut = () => released;
  enqueue(page, fakeFile("film.mp4", 150 * MB));
  await page.untilState("film.mp4", "sending");
  page.uploader.cancel(page.item("film.mp4")?.id ?? "");
  server.beforePut = () => {};
  release();
  enqueue(page, fakeFile("a.txt", 5));
  await page.untilState("a.txt", "done");
  expect(server.aborted).toHaveLength(1);
});

test("the folders of a dropped tree are made once and files land in them", async () => {
  const server = new FakeServer();
  const page = await openPage(server);
  const at = (name: string, ...path: string[]) => ({ file: fakeFile(name, 5), path });
  page.uploader.enqueueFiles(
    [at("1", "Photos"), at("2", "Photos", "2024"), at("3", "Photos", "2024"), at("4", "Photos")],
    "home",
  );
  await page.until(({ counts }) => counts.done === 4);
  expect(server.countOf("makeFolder")).toBe(2);
  const year = server.folders.get(`${server.folders.get("home/Photos")}/2024`);
  expect(server.files.find((file) => file.name === "3")?.parentId).toBe(year);
});

test("leaving is guarded only while something is being sent", async () => {
  const server = new FakeServer();
  const page = await openPage(server);
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  server.beforePut = () => released;
  expect(page.guarded).toBe(false);
  enqueue(page, fakeFile("a.txt", 5));
  await page.untilState("a.txt", "sending");
  expect(page.guarded).toBe(true);
  release();
  await page.untilState("a.txt", "done");
  expect(page.guarded).toBe(false);
});

test("a file that can no longer be read asks for itself", async () => {
  const page = await openPage(new FakeServer());
  const file = fakeFile("a.txt", 5);
  (file as unknown as { readable: { now: boolean } }).readable.now = false;
  enqueue(page, file);
  const item = await page.untilState("a.txt", "needs-file");
  expect(item.failure?.code).toBe("unreadable");
});

test("adding the same unfinished file twice sends it once", async () => {
  const server = new FakeServer();
  const page = await openPage(server);
  enqueue(page, fakeFile("a.txt", 5));
  enqueue(page, fakeFile("a.txt", 5));
  await page.until(({ counts }) => counts.done === 1);
  expect(server.puts).toHaveLength(1);
  expect(page.uploader.getSnapshot().items).toHaveLength(1);
});
