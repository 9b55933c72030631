/** Every key and fetch of server state. Screens subscribe to these and to nothing else. */
import { QueryClient, queryOptions } from "@tanstack/react-query";
import { answer, api, Problem } from "./client";
import type { FilePage, FileSort } from "./resources";

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      retry: (failures, failure) =>
        failures < 2 && !(failure instanceof Problem && failure.status < 500),
    },
  },
});

export interface Listing {
  folder: string | null;
  trashed: boolean;
  sort: FileSort;
}

export const PAGE_SIZE = 200;

/** The server serves numbered pages up to this row; what lies beyond is reached by cursor. */
const NUMBERED_ROWS = 10_000;

export const keys = {
  me: ["me"] as const,
  sessions: ["me", "sessions"] as const,
  apiKeys: ["me", "api-keys"] as const,
  setup: ["setup"] as const,
  file: (id: string) => ["files", "one", id] as const,
  listings: ["files", "list"] as const,
  folder: (folder: string | null) => ["files", "list", folder ?? "top"] as const,
  trash: ["files", "list", "trash"] as const,
  listing: (listing: Listing) =>
    [...(listing.trashed ? keys.trash : keys.folder(listing.folder)), listing.sort] as const,
  page: (listing: Listing, page: number) => [...keys.listing(listing), page] as const,
};

export function pageQuery(listing: Listing, page: number) {
  return queryOptions({
    queryKey: keys.page(listing, page),
    queryFn: ({ signal }) => fetchPage(listing, page, signal),
    // A long scroll through a large folder must not pile up all its pages.
    gcTime: 60_000,
  });
}

async function fetchPage(listing: Listing, page: number, signal: AbortSignal): Promise<FilePage> {
  const place = listing.trashed
    ? { trashed: true }
    : listing.folder === null
      ? {}
      : { parentId: listing.folder };
  const base = { ...place, sort: listing.sort, limit: PAGE_SIZE };

  if ((page + 1) * PAGE_SIZE <= NUMBERED_ROWS) {
    return answer(
      api.GET("/api/v1/files", { params: { query: { ...base, page: page + 1 } }, signal }),
    );
  }
  const before = await queryClient.ensureQueryData(pageQuery(listing, page - 1));
  const cursor = before.pagination.nextCursor;
  if (!cursor) return { items: [], pagination: before.pagination };
  return answer(api.GET("/api/v1/files", { params: { query: { ...base, cursor } }, signal }));
}

export function fileQuery(id: string) {
  return queryOptions({
    queryKey: keys.file(id),
    queryFn: ({ signal }) =>
      answer(api.GET("/api/v1/files/{fileId}", { params: { path: { fileId: id } }, signal })),
  });
}

export const meQuery = queryOptions({
  queryKey: keys.me,
  queryFn: ({ signal }) => answer(api.GET("/api/v1/me", { signal })),
});

export const sessionsQuery = queryOptions({
  queryKey: keys.sessions,
  queryFn: ({ signal }) => answer(api.GET("/api/v1/me/sessions", { signal })),
});

export const apiKeysQuery = queryOptions({
  queryKey: keys.apiKeys,
  queryFn: ({ signal }) => answer(api.GET("/api/v1/me/api-keys", { signal })),
});

export const setupQuery = queryOptions({
  queryKey: keys.setup,
  queryFn: ({ signal }) => answer(api.GET("/api/v1/auth/setup", { signal })),
  retry: false,
});
