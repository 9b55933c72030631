// The order of the tray: what needs a person, what moves, what waits (folded), what is done.

import { ACTIVE_STATES, FINISHED_STATES, type UploadItem, type UploadSnapshot } from "../model";

export type TrayLine =
  | { readonly kind: "upload"; readonly key: string; readonly item: UploadItem }
  | { readonly kind: "waiting"; readonly key: string; readonly count: number };

/** Below this many, waiting files are listed: folding one line into one line hides for nothing. */
const FOLD_FROM = 3;

export function trayLines(items: readonly UploadItem[], showWaiting: boolean): readonly TrayLine[] {
  const attention: TrayLine[] = [];
  const moving: TrayLine[] = [];
  const waiting: TrayLine[] = [];
  const finished: TrayLine[] = [];
  for (const item of items) {
    const line = { kind: "upload", key: item.id, item } as const;
    if (needsPerson(item)) attention.push(line);
    else if (item.state === "queued") waiting.push(line);
    else if (FINISHED_STATES.has(item.state)) finished.push(line);
    else moving.push(line);
  }
  // The last to finish first: that is the one a person waited for.
  finished.reverse();
  if (waiting.length < FOLD_FROM) return [...attention, ...moving, ...waiting, ...finished];
  const fold: TrayLine = { kind: "waiting", key: "waiting", count: waiting.length };
  return [...attention, ...moving, fold, ...(showWaiting ? waiting : []), ...finished];
}

export function needsPerson({ state }: UploadItem): boolean {
  return state === "conflict" || state === "needs-file" || state === "failed";
}

export interface Totals {
  readonly all: number;
  readonly finished: number;
  readonly moving: number;
  readonly paused: number;
  readonly attention: number;
  readonly failed: number;
}

export function totalsOf({ items, counts }: UploadSnapshot): Totals {
  const sum = (states: Iterable<keyof typeof counts>) =>
    [...states].reduce((total, state) => total + counts[state], 0);
  return {
    all: items.length,
    finished: sum(FINISHED_STATES),
    moving: counts.queued + sum(ACTIVE_STATES),
    paused: counts.paused,
    attention: counts.conflict + counts["needs-file"] + counts.failed,
    failed: counts.failed,
  };
}
