// Files of any size that cost no memory: their content is a word, and a part of it is that word and a range.

import { createHash } from "node:crypto";

export class FakeBlob {
  constructor(
    readonly content: string,
    readonly start: number,
    readonly end: number,
    readonly readable: { now: boolean },
  ) {}

  get size(): number {
    return this.end - this.start;
  }

  slice(start = 0, end = this.size): FakeBlob {
    const from = this.start + start;
    return new FakeBlob(this.content, from, Math.min(this.end, this.start + end), this.readable);
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    if (!this.readable.now) throw new DOMException("gone", "NotReadableError");
    return new ArrayBuffer(0);
  }

  get digest(): string {
    const text = `${this.content}:${this.start}-${this.end}`;
    return createHash("sha256").update(text).digest("base64");
  }
}

export class FakeFile extends FakeBlob {
  readonly type = "application/x-test";
  readonly webkitRelativePath = "";

  constructor(
    readonly name: string,
    size: number,
    readonly lastModified = 1_700_000_000_000,
    content = name,
  ) {
    super(content, 0, size, { now: true });
  }
}

export function fakeFile(name: string, size: number, content = name, lastModified?: number): File {
  return new FakeFile(name, size, lastModified, content) as unknown as File;
}
