// The folders of a dropped tree: each is made once, its children wait for it, existing ones are used.

import type { UploadApi } from "./port";

export type MakeFolder = UploadApi["makeFolder"];

export class FolderTree {
  readonly #make: MakeFolder;
  readonly #made = new Map<string, Promise<string>>();

  constructor(make: MakeFolder) {
    this.#make = make;
  }

  /** The id of the folder that `path` names below `parentId`. */
  async idOf(parentId: string | null, path: readonly string[]): Promise<string | null> {
    let id = parentId;
    for (const name of path) id = await this.#child(id, name);
    return id;
  }

  forget(): void {
    this.#made.clear();
  }

  #child(parentId: string | null, name: string): Promise<string> {
    const key = JSON.stringify([parentId, name]);
    const known = this.#made.get(key);
    if (known !== undefined) return known;
    // Not tied to one upload's signal: its siblings wait for the same folder.
    const making = this.#make(name, parentId, new AbortController().signal).then(({ id }) => id);
    this.#made.set(key, making);
    making.catch(() => this.#made.delete(key));
    return making;
  }
}
