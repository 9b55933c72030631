/** Everything a person can do to files, each with its optimistic change and its inverse. */
import { answer, api } from "../../api/client";
import { keys, type Listing, PAGE_SIZE, queryClient } from "../../api/queries";
import type { FilePage, FileResource } from "../../api/resources";
import { announce } from "../../ui/Announcer";
import { formats } from "../../ui/format";
import { toast, toastFailure } from "../../ui/Toast";
import { loadedPages } from "./listing";
import { withChange, withoutRows } from "./pages";
import { pushUndo, undo } from "./undo";

const AT_ONCE = 6;

export async function createFolder(parentId: string | null, name: string): Promise<FileResource> {
  const folder = await answer(
    api.POST("/api/v1/files", {
      body: { kind: "folder", name, ...(parentId === null ? {} : { parentId }) },
    }),
  );
  await refreshFolder(parentId);
  announce(`Folder ${name} created`);
  return folder;
}

export async function rename(file: FileResource, name: string): Promise<void> {
  await patch(file, { name });
  offerUndo(`Renamed to “${name}”`, () => patch({ ...file, name }, { name: file.name }));
}

export async function setStarred(file: FileResource, starred: boolean): Promise<void> {
  try {
    await patch(file, { starred });
    announce(starred ? "Starred" : "Star removed");
  } catch (failure) {
    toastFailure(failure);
  }
}

async function patch(
  file: FileResource,
  change: Partial<Pick<FileResource, "name" | "starred">>,
): Promise<void> {
  changeRow(file.id, change);
  try {
    const changed = await answer(
      api.PATCH("/api/v1/files/{fileId}", {
        params: { path: { fileId: file.id } },
        body: change,
      }),
    );
    changeRow(file.id, changed);
  } catch (failure) {
    changeRow(file.id, { name: file.name, starred: file.starred });
    throw failure;
  } finally {
    void queryClient.invalidateQueries({ queryKey: keys.file(file.id) });
    void refreshFolder(file.parentId ?? null);
  }
}

/** Moves files to the trash. They leave the list at once and come back if the server refuses. */
export async function moveToTrash(listing: Listing, files: FileResource[]): Promise<void> {
  removeRows(listing, files);
  const { done, failure } = await each(files, (file) =>
    answer(api.DELETE("/api/v1/files/{fileId}", { params: { path: { fileId: file.id } } })),
  );
  refreshAfterTrash();
  if (failure) toastFailure(failure);
  if (done.length === 0) return;
  offerUndo(`${summarise(done)} moved to the trash`, () => restoreAll(done));
}

/** Moves files to another folder; null is the top of the drive. */
export async function moveTo(
  listing: Listing,
  files: FileResource[],
  target: string | null,
): Promise<void> {
  removeRows(listing, files);
  const { done, failure } = await each(files, (file) => place(file, target));
  void queryClient.invalidateQueries({ queryKey: keys.listings });
  if (failure) toastFailure(failure);
  if (done.length === 0) return;
  offerUndo(`${summarise(done)} moved`, async () => {
    const back = await each(done, (file) => place(file, file.parentId ?? null));
    void queryClient.invalidateQueries({ queryKey: keys.listings });
    if (back.failure) throw back.failure;
  });
}

function place(file: FileResource, parentId: string | null): Promise<FileResource> {
  return answer(
    api.PATCH("/api/v1/files/{fileId}", {
      params: { path: { fileId: file.id } },
      body: { parentId },
    }),
  );
}

/** Takes files out of the trash. */
export async function restore(listing: Listing, files: FileResource[]): Promise<void> {
  removeRows(listing, files);
  try {
    await restoreAll(files);
    toast(`${summarise(files)} restored`);
  } catch (failure) {
    toastFailure(failure);
  }
}

async function restoreAll(files: FileResource[]): Promise<void> {
  const { failure } = await each(files, (file) =>
    answer(api.POST("/api/v1/files/{fileId}/restore", { params: { path: { fileId: file.id } } })),
  );
  refreshAfterTrash();
  if (failure) throw failure;
}

const viewable = /^(image\/(?!svg)|video\/|audio\/|text\/plain|application\/pdf)/;

/** Shows the file in a tab where the browser can, and saves it where it cannot. */
export function open(file: FileResource): Promise<void> {
  const inTab = viewable.test(file.mediaType ?? "");
  return fetchContent(file, inTab ? "inline" : "attachment");
}

export async function download(files: FileResource[]): Promise<void> {
  for (const file of files) await fetchContent(file, "attachment");
}

async function fetchContent(
  file: FileResource,
  disposition: "inline" | "attachment",
): Promise<void> {
  try {
    const { url } = await answer(
      api.GET("/api/v1/files/{fileId}/download", {
        params: { path: { fileId: file.id }, query: { disposition } },
      }),
    );
    const link = document.createElement("a");
    link.href = url;
    link.rel = "noopener noreferrer";
    if (disposition === "inline") link.target = "_blank";
    else link.download = file.name;
    link.click();
  } catch (failure) {
    toastFailure(failure);
  }
}

export async function refreshFolder(folder: string | null): Promise<void> {
  await queryClient.invalidateQueries({ queryKey: keys.folder(folder) });
}

export function refreshStorage(): void {
  void queryClient.invalidateQueries({ queryKey: keys.me, exact: true });
}

function refreshAfterTrash(): void {
  void queryClient.invalidateQueries({ queryKey: keys.listings });
  refreshStorage();
}

function changeRow(id: string, change: Partial<FileResource>): void {
  queryClient.setQueriesData<FilePage>({ queryKey: keys.listings }, (page) =>
    page === undefined ? undefined : withChange(page, id, change),
  );
}

function removeRows(listing: Listing, files: FileResource[]): void {
  const gone = new Set(files.map((file) => file.id));
  void queryClient.cancelQueries({ queryKey: keys.listing(listing) });
  for (const [page, rows] of withoutRows(loadedPages(listing), gone, PAGE_SIZE)) {
    queryClient.setQueryData<FilePage>(keys.page(listing, page), rows);
  }
}

function offerUndo(text: string, inverse: () => Promise<void>): void {
  const undoable = pushUndo({
    label: text,
    run: () => {
      dismiss();
      return inverse();
    },
  });
  const dismiss = toast(text, { label: "Undo", run: () => void runUndo(undoable) });
}

/** The newest change, or the one that a toast offers. */
export async function runUndo(which?: Parameters<typeof undo>[0]): Promise<void> {
  try {
    const label = await undo(which);
    if (label !== null) announce(`Undone: ${label}`);
  } catch (failure) {
    toastFailure(failure);
  }
}

async function each(
  files: FileResource[],
  act: (file: FileResource) => Promise<unknown>,
): Promise<{ done: FileResource[]; failure: unknown }> {
  const done: FileResource[] = [];
  let failure: unknown;
  const waiting = files.values();
  const work = async () => {
    for (const file of waiting) {
      try {
        await act(file);
        done.push(file);
      } catch (refused) {
        failure ??= refused;
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return { done, failure };
}

export function summarise(files: FileResource[]): string {
  const [first] = files;
  if (files.length === 1 && first) return `“${first.name}”`;
  return formats.items(files.length);
}
