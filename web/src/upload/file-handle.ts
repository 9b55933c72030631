// Handles to files on disk (Chromium): kept across reloads, readable once the person allows it again.

interface WithPermission extends FileSystemFileHandle {
  // Not in the DOM types yet: WICG File System Access.
  queryPermission?(mode: { mode: "read" }): Promise<PermissionState>;
  requestPermission?(mode: { mode: "read" }): Promise<PermissionState>;
}

/** The file, if the browser lets us read it without asking. */
export async function readSilently(handle: WithPermission): Promise<File | null> {
  try {
    if ((await handle.queryPermission?.({ mode: "read" })) !== "granted") return null;
    return await handle.getFile();
  } catch {
    // Gone, or on a disk that is not there.
    return null;
  }
}

/** The file after asking the person; must be called from a click. */
export async function readAsking(handle: WithPermission): Promise<File | null> {
  try {
    if ((await handle.requestPermission?.({ mode: "read" })) === "denied") return null;
    return await handle.getFile();
  } catch {
    return null;
  }
}
