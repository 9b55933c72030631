// Two tabs never send the same file: a Web Lock per upload while it runs, and one per tab, so that
// a new tab does not offer to resume what another tab still has in its queue.

export interface UploadLocks {
  /** Names this page load; written into its journal records. */
  readonly tab: string;
  /** A function that lets go, or null when another tab holds the upload. */
  hold(key: string): Promise<(() => void) | null>;
  /** The other page loads that are still alive. */
  otherTabs(): Promise<ReadonlySet<string>>;
}

const UPLOAD = "fardel-upload:";
const TAB = "fardel-tab:";
const TAB_BEFORE_RELOAD = "fardel-upload-tab";

export function browserLocks(tab: string): UploadLocks {
  // Web Locks exist only in secure contexts; on plain http one tab must not know of another.
  const locks: LockManager | undefined = navigator.locks;
  if (locks === undefined)
    return { tab, hold: async () => () => {}, otherTabs: async () => new Set() };
  const before = tabBeforeReload(tab);
  void locks.request(TAB + tab, () => new Promise(() => {}));
  return {
    tab,
    hold: (key) =>
      new Promise((resolve, reject) => {
        locks
          .request(UPLOAD + key, { ifAvailable: true }, (lock) => {
            if (lock === null) return resolve(null);
            return new Promise<void>((release) => resolve(release));
          })
          .catch(reject);
      }),
    otherTabs: async () => {
      const { held = [] } = await locks.query();
      const names = held.map((lock) => lock.name ?? "").filter((name) => name.startsWith(TAB));
      const tabs = new Set(names.map((name) => name.slice(TAB.length)));
      tabs.delete(tab);
      // The page that was reloaded may still be going away; what it held is ours now.
      if (before !== null) tabs.delete(before);
      return tabs;
    },
  };
}

function tabBeforeReload(tab: string): string | null {
  const [navigation] = performance.getEntriesByType("navigation");
  const reloaded = (navigation as PerformanceNavigationTiming | undefined)?.type === "reload";
  const before = sessionStorage.getItem(TAB_BEFORE_RELOAD);
  sessionStorage.setItem(TAB_BEFORE_RELOAD, tab);
  return reloaded ? before : null;
}
