/** Code that the first screen does without: fetched when the browser is idle, or when it is used. */
import { type ComponentType, createElement, lazy, useState } from "react";

/** A component to show below Suspense, and how to fetch it ahead of its use. */
export function preloadable<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
): [ComponentType<Props>, () => void] {
  let loaded: ComponentType<Props> | undefined;
  const fetchOnce = async () => {
    loaded ??= await load();
    return loaded;
  };
  const Lazy = lazy(async () => ({ default: await fetchOnce() }));

  // Once it is here it is drawn at once: Suspense would hold it back for a third of a second.
  // biome-ignore lint/correctness/noComponentHookFactories: called at the top of modules only.
  function Later(props: Props) {
    const [component] = useState(() => ({ type: loaded ?? (Lazy as ComponentType<Props>) }));
    return createElement(component.type, props);
  }
  return [Later, () => void fetchOnce().catch(() => {})];
}

/** Calls when the browser has nothing better to do; returns how to call it off. */
export function onIdle(task: () => void): () => void {
  if (typeof requestIdleCallback === "undefined") {
    const timer = setTimeout(task, 1_500);
    return () => clearTimeout(timer);
  }
  const handle = requestIdleCallback(task, { timeout: 4_000 });
  return () => cancelIdleCallback(handle);
}
