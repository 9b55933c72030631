// The file dialogs. Where the browser can hand out file handles they are kept: after a reload one
// click then continues a large upload, where others must choose the file again.

import type { FileToUpload } from "./model";

type OpenFilePicker = (options: { multiple: boolean }) => Promise<FileSystemFileHandle[]>;

const BY_HANDLE: OpenFilePicker | undefined = (
  globalThis as { showOpenFilePicker?: OpenFilePicker }
).showOpenFilePicker?.bind(globalThis);

/** Empty when the person changed their mind. */
export async function pickFiles(multiple = true): Promise<FileToUpload[]> {
  if (BY_HANDLE === undefined) return byInput((input) => Object.assign(input, { multiple }));
  try {
    const handles = await BY_HANDLE({ multiple });
    return Promise.all(
      handles.map(async (handle) => ({ file: await handle.getFile(), path: [], handle })),
    );
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") return [];
    return byInput((input) => Object.assign(input, { multiple }));
  }
}

export function pickFolder(): Promise<FileToUpload[]> {
  return byInput((input) => Object.assign(input, { webkitdirectory: true, multiple: true }));
}

/** Files of an `<input type="file">`, with the folders above them if a folder was chosen. */
export function filesOf(list: Iterable<File>): FileToUpload[] {
  return [...list].map((file) => ({
    file,
    path: (file.webkitRelativePath ?? "").split("/").slice(0, -1),
  }));
}

function byInput(prepare: (input: HTMLInputElement) => void): Promise<FileToUpload[]> {
  return new Promise((resolve) => {
    const input = document.createElement("input");
    input.type = "file";
    input.hidden = true;
    prepare(input);
    const settle = () => {
      input.remove();
      resolve(filesOf(input.files ?? []));
    };
    input.addEventListener("change", settle, { once: true });
    input.addEventListener("cancel", settle, { once: true });
    // Safari drops the event of an input that is not in the document.
    document.body.append(input);
    input.click();
  });
}
