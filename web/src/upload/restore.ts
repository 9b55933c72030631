// After a reload, or on another device: what this user began and did not finish.

import { readSilently } from "./file-handle";
import type { Journal, JournalRecord } from "./journal";
import type { UploadLocks } from "./locks";
import { ProblemError, type UnfinishedUpload, type UploadApi, type UploadedFile } from "./port";

const ANSWER_WITHIN = 3_000;

export interface Restoring {
  readonly userId: string;
  readonly api: UploadApi;
  readonly journal: Journal;
  readonly locks: UploadLocks;
  readonly add: (from: JournalRecord | UnfinishedUpload) => void;
  /** The server has finished it without us. */
  readonly finished: (key: string, file: UploadedFile) => void;
  /** The browser still lets us read the file: nobody needs to choose it again. */
  readonly readable: (key: string, file: File, handle: FileSystemFileHandle) => void;
}

export function restore(restoring: Restoring): {
  /** When this browser's own records are listed. */
  readonly journalLoaded: Promise<void>;
  readonly everything: Promise<void>;
} {
  const records = ownRecords(restoring);
  const journalLoaded = records.then(({ mine }) => {
    for (const record of mine) restoring.add(record);
  });
  const everything = journalLoaded.then(async () => {
    const { mine, others } = await records;
    await Promise.all([
      ...mine.map((record) => takeUpReadable(restoring, record)),
      listElsewhere(restoring, mine, others),
    ]);
  });
  return { journalLoaded, everything };
}

async function ownRecords({ journal, locks, userId }: Restoring) {
  const [records, otherTabs] = await Promise.all([
    answered(journal.load(userId), []),
    answered(locks.otherTabs(), new Set<string>()),
  ]);
  return {
    mine: records.filter((record) => !otherTabs.has(record.tab)),
    others: records.filter((record) => otherTabs.has(record.tab)),
  };
}

/** New uploads wait for this: a browser that keeps its answer to itself must not stop them. */
function answered<T>(asked: Promise<T>, otherwise: T): Promise<T> {
  const late = new Promise<T>((resolve) => setTimeout(resolve, ANSWER_WITHIN, otherwise));
  return Promise.race([asked.catch(() => otherwise), late]);
}

async function takeUpReadable(restoring: Restoring, { key, handle }: JournalRecord) {
  if (handle === null) return;
  const file = await readSilently(handle);
  if (file !== null) restoring.readable(key, file, handle);
}

async function listElsewhere(
  { api, add, finished }: Restoring,
  mine: readonly JournalRecord[],
  others: readonly JournalRecord[],
): Promise<void> {
  let unfinished: readonly UnfinishedUpload[];
  try {
    unfinished = await api.unfinished();
  } catch {
    // Only a convenience: uploads of this browser work without the list.
    return;
  }
  const inOtherTabs = new Set(others.map((record) => record.known?.fileId));
  for (const upload of unfinished) if (!inOtherTabs.has(upload.fileId)) add(upload);

  const { signal } = new AbortController();
  const stillOpen = new Set(unfinished.map((upload) => upload.fileId));
  for (const { key, known, onConflict } of mine) {
    if (known === null || stillOpen.has(known.fileId)) continue;
    try {
      finished(key, await api.confirm(known.fileId, onConflict, signal));
    } catch (error) {
      // Freed by the server after its time: the line stays, and choosing the file sends all of it.
      if (!(error instanceof ProblemError)) return;
    }
  }
}
