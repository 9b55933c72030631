/** Short messages in passing. Whatever one offers must also be reachable elsewhere. */
import { Suspense, useEffect, useState } from "react";
import { explain } from "../api/problem";
import { onIdle, preloadable } from "./later";

export interface Message {
  text: string;
  detail?: string | undefined;
  action?: { label: string; run: () => void } | undefined;
}

export interface MessageQueue {
  /** Returns how to take the message away again. */
  add(message: Message, milliseconds: number): () => void;
}

const READING_MS = 6_000;
const ACTING_MS = 10_000;

// Nobody waits for a message while the page starts, so what draws them comes later.
const loadQueue = async () => (await import("./Toasts")).messages;
const [Toasts] = preloadable(async () => (await import("./Toasts")).Toasts);

/** Where messages appear. F6 brings the keyboard to them. */
export function Messages() {
  const [drawn, setDrawn] = useState(false);
  useEffect(() => onIdle(() => setDrawn(true)), []);
  return (
    drawn && (
      <Suspense>
        <Toasts />
      </Suspense>
    )
  );
}

export function toast(text: string, action?: Message["action"]): () => void {
  return show({ text, action }, action ? ACTING_MS : READING_MS);
}

export function toastFailure(failure: unknown): void {
  const { title, detail, traceId } = explain(failure);
  const trace = traceId ? `Trace ${traceId}` : "";
  show({ text: title, detail: [detail, trace].filter(Boolean).join(" ") }, ACTING_MS);
}

function show(message: Message, milliseconds: number): () => void {
  const shown = loadQueue().then((queue) => queue.add(message, milliseconds));
  return () => void shown.then((close) => close());
}
