/** Small choices of this browser. They hold nothing private, so localStorage is the place. */
import { useSyncExternalStore } from "react";

export type Theme = "system" | "light" | "dark";
export type Layout = "list" | "tiles";

export interface Preferences {
  theme: Theme;
  layout: Layout;
  details: boolean;
}

const KEY = "fardel.preferences";
const defaults: Preferences = { theme: "system", layout: "list", details: false };

let current: Preferences = read();
const listeners = new Set<() => void>();

export function setPreference<K extends keyof Preferences>(key: K, value: Preferences[K]): void {
  current = { ...current, [key]: value };
  try {
    localStorage.setItem(KEY, JSON.stringify(current));
  } catch {
    // Storage may be full or switched off; the choice then lasts until reload.
  }
  applyTheme();
  for (const listener of listeners) listener();
}

export function usePreferences(): Preferences {
  return useSyncExternalStore(subscribe, () => current);
}

export function applyTheme(): void {
  if (current.theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = current.theme;
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function read(): Preferences {
  try {
    const stored = JSON.parse(localStorage.getItem(KEY) ?? "{}") as Partial<Preferences>;
    return {
      theme: stored.theme === "light" || stored.theme === "dark" ? stored.theme : defaults.theme,
      layout: stored.layout === "tiles" ? "tiles" : defaults.layout,
      details: stored.details === true,
    };
  } catch {
    return defaults;
  }
}
