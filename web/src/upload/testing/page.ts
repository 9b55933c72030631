// One browser page with the uploader in it, joined to a fake server; a second page is a reload.

import { IDBFactory, IDBKeyRange } from "fake-indexeddb";
import { IndexedDbJournal, type Journal } from "../journal";
import type { UploadItem, UploadSnapshot, UploadState } from "../model";
import { type Hasher, type Pace, UnreadableError } from "../port";
import { type FileDone, Uploader } from "../uploader";
import type { FakeBlob } from "./fake-file";
import type { FakeServer } from "./fake-server";

export class Disk {
  readonly factory = new IDBFactory();
  readonly locks = new Set<string>();
  readonly tabs = new Set<string>();
}

export class Page {
  readonly uploader: Uploader;
  readonly done: FileDone[] = [];
  readonly waits: number[] = [];
  readonly hashed: string[] = [];
  guarded = false;
  parallel = 6;
  isOnline = true;
  waitsForNetwork = 0;
  readonly #disk: Disk;
  readonly #tab: string;

  constructor(server: FakeServer, disk: Disk = new Disk(), journal?: Journal) {
    const tab = `tab-${disk.tabs.size + 1}`;
    globalThis.IDBKeyRange = IDBKeyRange;
    this.#disk = disk;
    this.#tab = tab;
    disk.tabs.add(tab);
    this.uploader = new Uploader({
      api: server.api,
      put: server.put,
      hasher: this.#hasher,
      journal: journal ?? new IndexedDbJournal("test", disk.factory),
      locks: {
        tab,
        hold: async (key) => {
          if (disk.locks.has(key)) return null;
          disk.locks.add(key);
          return () => disk.locks.delete(key);
        },
        otherTabs: async () => new Set([...disk.tabs].filter((other) => other !== tab)),
      },
      pace: this.#pace,
      parallel: () => this.parallel,
      guardLeaving: (guard) => {
        this.guarded = guard;
      },
      emitEvery: 0,
    });
    this.uploader.onFileDone((done) => this.done.push(done));
  }

  /** The tab is closed: nothing of it runs on, its locks are free, the server hears nothing. */
  close(): void {
    this.#disk.tabs.delete(this.#tab);
    this.uploader.pauseAll();
  }

  item(name: string): UploadItem | undefined {
    return this.uploader.getSnapshot().items.find((item) => item.name === name);
  }

  /** The first snapshot in which the rule holds. */
  until(rule: (snapshot: UploadSnapshot) => boolean): Promise<UploadSnapshot> {
    return new Promise((resolve) => {
      const look = () => {
        const snapshot = this.uploader.getSnapshot();
        if (!rule(snapshot)) return;
        stop();
        resolve(snapshot);
      };
      const stop = this.uploader.subscribe(look);
      look();
    });
  }

  async untilState(name: string, state: UploadState): Promise<UploadItem> {
    await this.until(() => this.item(name)?.state === state);
    return this.item(name) as UploadItem;
  }

  readonly #hasher: Hasher = {
    width: 2,
    digest: async (blob) => {
      const { digest, readable, content } = blob as unknown as FakeBlob;
      if (!readable.now) throw new UnreadableError("gone");
      this.hashed.push(content);
      return digest;
    },
  };

  readonly #pace: Pace = {
    now: () => performance.now(),
    random: () => 0.5,
    isOnline: () => this.isOnline,
    wait: async (milliseconds) => {
      this.waits.push(milliseconds);
    },
    online: async () => {
      this.waitsForNetwork += 1;
    },
  };
}
