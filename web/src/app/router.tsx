import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
} from "@tanstack/react-router";
import { FolderX } from "lucide-react";
import type { FileSort } from "../api/resources";
import { FilesScreen } from "../features/files/FilesScreen";
import { TrashScreen } from "../features/files/TrashScreen";
import { Notice } from "../ui/Notice";
import { Crash } from "./Crash";
import { SignedInOnly } from "./SignedInOnly";

export interface FilesSearch {
  sort?: FileSort;
}

const sorts: readonly string[] = [
  "name",
  "-name",
  "date",
  "-date",
  "size",
  "-size",
  "type",
] satisfies FileSort[];

function filesSearch(search: Record<string, unknown>): FilesSearch {
  return sorts.includes(search.sort as string) ? { sort: search.sort as FileSort } : {};
}

const root = createRootRoute({
  component: Outlet,
  errorComponent: Crash,
  notFoundComponent: () => (
    <Notice icon={FolderX} title="There is nothing at this address">
      <p>
        Check the link, or go to <a href="/">your files</a>.
      </p>
    </Notice>
  ),
});

const setup = createRoute({
  getParentRoute: () => root,
  path: "/setup",
  component: lazyRouteComponent(() => import("../features/auth/SetupPage"), "SetupPage"),
});

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  validateSearch: (search: Record<string, unknown>): { next?: string } =>
    isOwnPath(search.next) ? { next: search.next } : {},
  component: lazyRouteComponent(() => import("../features/auth/SignInPage"), "SignInPage"),
});

const app = createRoute({ getParentRoute: () => root, id: "app", component: SignedInOnly });

const top = createRoute({
  getParentRoute: () => app,
  path: "/",
  validateSearch: filesSearch,
  component: FilesScreen,
});

const folder = createRoute({
  getParentRoute: () => app,
  path: "/folders/$folderId",
  validateSearch: filesSearch,
  component: FilesScreen,
});

const trash = createRoute({
  getParentRoute: () => app,
  path: "/trash",
  component: TrashScreen,
});

const settings = createRoute({
  getParentRoute: () => app,
  path: "/settings",
  component: lazyRouteComponent(() => import("../features/settings/SettingsPage"), "SettingsPage"),
});

export const router = createRouter({
  routeTree: root.addChildren([setup, signIn, app.addChildren([top, folder, trash, settings])]),
  defaultErrorComponent: Crash,
  defaultPreload: false,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}

/** A path of this page, and not another site's: "//evil.example" would be one. */
function isOwnPath(path: unknown): path is string {
  return typeof path === "string" && /^\/(?![/\\])/.test(path);
}
