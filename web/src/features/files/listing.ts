import { type UseQueryResult, useQueries } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { keys, type Listing, PAGE_SIZE, pageQuery, queryClient } from "../../api/queries";
import type { FilePage, FileResource } from "../../api/resources";
import type { GridSource } from "../../grid/model";

const SETTLE_MS = 80;
const AHEAD_ROWS = 50;
const RANGE_REQUESTS = 4;

export interface OpenListing {
  source: GridSource<FileResource>;
  state: "loading" | "failed" | "ready";
  failure: unknown;
  refetch: () => void;
}

/** One folder or the trash, of which the pages around the visible rows are fetched and kept fresh. */
export function useListing(listing: Listing): OpenListing {
  const [window, setWindow] = useState({ first: 0, last: 0 });
  const wanted = useRef(window);
  const settle = useRef<ReturnType<typeof setTimeout>>(undefined);

  const numbers = [];
  for (let page = window.first; page <= window.last; page++) numbers.push(page);
  const loaded = useQueries({
    queries: numbers.map((page) => pageQuery(listing, page)),
    combine: together,
  });

  useEffect(
    () => () => {
      clearTimeout(settle.current);
      settle.current = undefined;
    },
    [],
  );

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new listing starts at its top.
  useEffect(() => setWindow({ first: 0, last: 0 }), [listing.folder, listing.sort]);

  const show = useCallback((from: number, to: number) => {
    wanted.current = {
      first: Math.max(0, Math.floor((from - AHEAD_ROWS) / PAGE_SIZE)),
      last: Math.max(0, Math.floor((to + AHEAD_ROWS) / PAGE_SIZE)),
    };
    settle.current ??= setTimeout(() => {
      settle.current = undefined;
      const { first, last } = wanted.current;
      setWindow((now) => (now.first === first && now.last === last ? now : { first, last }));
    }, SETTLE_MS);
  }, []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the pages are read from the cache.
  const source = useMemo(() => sourceOf(listing, show), [listing, show, loaded.pages]);

  const known = source.count > 0 || loaded.pages.some((page) => page !== undefined);
  return {
    source,
    state: known ? "ready" : loaded.failure !== null ? "failed" : "loading",
    failure: loaded.failure,
    refetch: () => void queryClient.invalidateQueries({ queryKey: keys.listing(listing) }),
  };
}

function together(results: UseQueryResult<FilePage>[]) {
  return {
    pages: results.map((result) => result.data),
    failure: results.find((result) => result.isError)?.error ?? null,
  };
}

function sourceOf(
  listing: Listing,
  show: (from: number, to: number) => void,
): GridSource<FileResource> {
  const pages = loadedPages(listing);
  const at = (index: number) => pages.get(Math.floor(index / PAGE_SIZE))?.items[index % PAGE_SIZE];

  return {
    count: newestTotal(listing),
    at,
    id: (row) => row.id,
    name: (row) => row.name,
    indexOf(id) {
      for (const [page, { items }] of pages) {
        const index = items.findIndex((row) => row.id === id);
        if (index !== -1) return page * PAGE_SIZE + index;
      }
      return -1;
    },
    async idsBetween(from, to) {
      return (await rowsBetween(listing, from, to)).map((row) => row.id);
    },
    show,
  };
}

/** The rows of a range, fetched where they are not here yet. */
export async function rowsBetween(
  listing: Listing,
  from: number,
  to: number,
): Promise<FileResource[]> {
  const numbers: number[] = [];
  for (let page = Math.floor(from / PAGE_SIZE); page <= Math.floor(to / PAGE_SIZE); page++) {
    numbers.push(page);
  }
  const pages: FilePage[] = [];
  for (let start = 0; start < numbers.length; start += RANGE_REQUESTS) {
    const group = numbers.slice(start, start + RANGE_REQUESTS);
    const loaded = await Promise.all(
      group.map((page) => queryClient.ensureQueryData(pageQuery(listing, page))),
    );
    pages.push(...loaded);
  }
  const offset = (numbers[0] ?? 0) * PAGE_SIZE;
  return pages.flatMap((page) => page.items).slice(from - offset, to - offset + 1);
}

export function loadedPages(listing: Listing): Map<number, FilePage> {
  const pages = new Map<number, FilePage>();
  for (const [key, page] of queryClient.getQueriesData<FilePage>({
    queryKey: keys.listing(listing),
  })) {
    if (page !== undefined) pages.set(key.at(-1) as number, page);
  }
  return pages;
}

function newestTotal(listing: Listing): number {
  let newest = 0;
  let total = 0;
  for (const { state } of queryClient
    .getQueryCache()
    .findAll({ queryKey: keys.listing(listing) })) {
    const page = state.data as FilePage | undefined;
    if (page !== undefined && state.dataUpdatedAt >= newest) {
      newest = state.dataUpdatedAt;
      total = page.pagination.total;
    }
  }
  return total;
}
