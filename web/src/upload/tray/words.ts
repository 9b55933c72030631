// What the tray says.

import { formats } from "../../ui/format";
import type { UploadItem, UploadSnapshot } from "../model";
import type { Totals } from "./lines";

export function headline(totals: Totals): string {
  const { all, finished, moving, paused, attention } = totals;
  if (moving > 0) return `Uploading ${formats.count(finished)} of ${formats.count(all)}`;
  if (attention > 0) {
    return attention === 1 ? "1 file needs you" : `${formats.count(attention)} files need you`;
  }
  if (paused > 0) return `${formats.count(paused)} paused`;
  return finished === 1 ? "1 file uploaded" : `${formats.count(finished)} files uploaded`;
}

/** "48 MB/s · 1 min left", or nothing while nothing is known. */
export function pace({ bytesPerSecond, secondsLeft }: UploadSnapshot, moving: boolean): string {
  if (!moving || bytesPerSecond < 1) return "";
  const speed = `${formats.size(bytesPerSecond)}/s`;
  return secondsLeft === null ? speed : `${speed} · ${timeLeft(secondsLeft)}`;
}

export function timeLeft(seconds: number): string {
  if (seconds < 5) return "a few seconds left";
  if (seconds < 50) return `${Math.ceil(seconds / 5) * 5} s left`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${Math.max(1, minutes)} min left`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours} h ${minutes % 60} min left`;
  return "more than a day left";
}

/** What stands below a file's name. */
export function situation(item: UploadItem): string {
  const { state, size, sentBytes, waiting, canAllow, failure } = item;
  const progress = `${formats.size(sentBytes)} of ${formats.size(size)}`;
  switch (state) {
    case "queued":
      return `Waiting · ${formats.size(size)}`;
    case "hashing":
      return "Checking what is already there";
    case "negotiating":
      return waiting ? "Waiting for the server" : "Preparing";
    case "sending":
      return waiting ? `Waiting for the connection · ${progress}` : progress;
    case "completing":
      return waiting ? "Waiting for the server" : "Finishing";
    case "done":
      return `Uploaded · ${formats.size(size)}`;
    case "deduplicated":
      return "Already here, nothing had to be sent";
    case "paused":
      return sentBytes > 0 ? `Paused · ${progress}` : "Paused";
    case "conflict":
      return "A file with this name exists";
    case "failed":
      return failure === null
        ? "Failed"
        : [failure.title, failure.detail].filter(Boolean).join(". ");
    case "needs-file": {
      if (failure !== null) return failure.detail;
      const rest = sentBytes > 0 ? ` (${progress} is there)` : "";
      return canAllow
        ? `Allow reading the file to go on${rest}`
        : `Choose the file again to go on${rest}`;
    }
  }
}

/** 0 to 1, or null where a bar would say nothing. */
export function share(item: UploadItem): number | null {
  const of = (bytes: number) => (item.size === 0 ? 1 : bytes / item.size);
  if (item.state === "hashing") return of(item.hashedBytes);
  if (item.state === "sending" || item.state === "paused") return of(item.sentBytes);
  if (item.state === "completing") return 1;
  return null;
}

/** What a screen reader is told when the state of the whole changed; null for nothing worth saying. */
export function announcement(before: Totals, now: Totals): string | null {
  if (now.attention > before.attention) {
    const count = now.attention;
    return count === 1 ? "An upload needs you." : `${formats.count(count)} uploads need you.`;
  }
  if (before.moving === 0 && now.moving > 0) {
    return now.moving === 1 ? "Uploading 1 file." : `Uploading ${formats.count(now.moving)} files.`;
  }
  if (before.moving > 0 && now.moving === 0) {
    if (now.all === 0) return "Uploads cancelled.";
    if (now.paused > 0) return "Uploads paused.";
    const rest = now.attention > 0 ? ` ${headline({ ...now, moving: 0 })}.` : "";
    return `Uploads finished: ${formats.count(now.finished)} of ${formats.count(now.all)}.${rest}`;
  }
  return null;
}
