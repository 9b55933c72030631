/** From a drop, a paste or a file dialog to the uploader, and from finished uploads to the lists. */
import { useEffect } from "react";
import { keys, queryClient } from "../../api/queries";
import { toastFailure } from "../../ui/Toast";
import { filesOf, pickFiles, pickFolder, uploader } from "../../upload";
import { refreshStorage } from "./changes";

export async function uploadFiles(parentId: string | null): Promise<void> {
  uploader.enqueueFiles(await pickFiles(), parentId);
}

export async function uploadFolder(parentId: string | null): Promise<void> {
  uploader.enqueueFiles(await pickFolder(), parentId);
}

export function uploadDrop(data: DataTransfer, parentId: string | null): void {
  uploader.enqueueDrop(data, parentId).catch(toastFailure);
}

/** Files on the clipboard go into the folder that is open. */
export function usePasteToUpload(parentId: string | null, enabled: boolean): void {
  useEffect(() => {
    if (!enabled) return;
    const paste = (event: ClipboardEvent) => {
      const data = event.clipboardData;
      if (!data || data.files.length === 0 || isTyping(event.target)) return;
      event.preventDefault();
      const holdsFolder = [...data.items].some((item) => item.webkitGetAsEntry()?.isDirectory);
      if (holdsFolder) uploadDrop(data, parentId);
      else uploader.enqueueFiles(filesOf([...data.files].map(named)), parentId);
    };
    window.addEventListener("paste", paste);
    return () => window.removeEventListener("paste", paste);
  }, [parentId, enabled]);
}

/** Browsers call every picture from the clipboard "image.png"; the time tells them apart. */
function named(file: File): File {
  if (file.name !== "image.png") return file;
  const now = new Date();
  const local = new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString();
  const stamp = `${local.slice(0, 10)} ${local.slice(11, 19).replaceAll(":", ".")}`;
  return new File([file], `Pasted image ${stamp}.png`, { type: file.type });
}

const REFRESH_MS = 600;

/** Shows files in their lists as they arrive; of a thousand that finish at once, a few refreshes. */
export function useListsFollowUploads(): void {
  useEffect(() => {
    let due: ReturnType<typeof setTimeout> | undefined;
    const refresh = () => {
      due = undefined;
      void queryClient.invalidateQueries({ queryKey: keys.listings });
      refreshStorage();
    };
    const stop = uploader.onFileDone(() => {
      due ??= setTimeout(refresh, REFRESH_MS);
    });
    return () => {
      stop();
      clearTimeout(due);
    };
  }, []);
}

/** A file let go beside the list must not make the browser leave the page. */
export function useNoStrayDrops(): void {
  useEffect(() => {
    const refuse = (event: DragEvent) => {
      if (!event.dataTransfer?.types.includes("Files") || event.defaultPrevented) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = "none";
    };
    window.addEventListener("dragover", refuse);
    window.addEventListener("drop", refuse);
    return () => {
      window.removeEventListener("dragover", refuse);
      window.removeEventListener("drop", refuse);
    };
  }, []);
}

export function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}
