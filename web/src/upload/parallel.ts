// How many PUTs run at once.

const SETTING = "fardel.upload.parallel";
const FEWEST = 5;
const MOST = 10;
const USUAL = 6;
/** Browsers open six HTTP/1.1 connections per origin; two stay free for the API and its events. */
const BESIDE_THE_API = 4;

export interface Surroundings {
  readonly pageOrigin: string;
  /** ALPN name of the protocol that the page came by. */
  readonly pageProtocol: string;
  readonly setting: string | null;
}

export function parallelPuts(storeUrl: string | null, around: Surroundings): number {
  const chosen = Number.parseInt(around.setting ?? "", 10);
  if (chosen >= FEWEST && chosen <= MOST) return chosen;
  if (storeUrl === null) return BESIDE_THE_API;
  const sameOrigin = new URL(storeUrl, around.pageOrigin).origin === around.pageOrigin;
  return sameOrigin && around.pageProtocol === "http/1.1" ? BESIDE_THE_API : USUAL;
}

export function browserSurroundings(): Surroundings {
  const [navigation] = performance.getEntriesByType("navigation");
  return {
    pageOrigin: location.origin,
    pageProtocol: (navigation as PerformanceNavigationTiming | undefined)?.nextHopProtocol ?? "",
    setting: localStorage.getItem(SETTING),
  };
}
