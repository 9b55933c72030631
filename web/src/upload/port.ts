// What the uploader asks of the server, as narrow as it can be, so that tests can be a server.

export type OnConflict = "fail" | "rename" | "replace";

export interface PresignRequest {
  readonly name: string;
  readonly size: number;
  readonly mediaType: string;
  readonly parentId: string | null;
  readonly modifiedAt: string;
  readonly checksum: {
    readonly algorithm: "sha256-parts";
    readonly parts: readonly string[];
  } | null;
  readonly onConflict: OnConflict;
}

export interface UploadedFile {
  readonly id: string;
  readonly name: string;
  readonly parentId: string | null;
}

export interface SignedPart {
  readonly partNumber: number;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly expiresAt: string;
}

export type PresignAnswer =
  | { readonly result: "exists"; readonly file: UploadedFile }
  | {
      readonly result: "single";
      readonly fileId: string;
      readonly url: string;
      readonly headers: Readonly<Record<string, string>>;
      readonly expiresAt: string;
    }
  | {
      readonly result: "multipart";
      readonly fileId: string;
      readonly uploadId: string;
      readonly partSize: number;
      readonly partCount: number;
      readonly parts: readonly SignedPart[];
    };

export interface HeldPart {
  readonly partNumber: number;
  readonly size: number;
  readonly etag: string;
  /** Base64 SHA-256, where the store tells it. */
  readonly sha256?: string | null | undefined;
}

export interface UploadStatus {
  /** `open`: bytes may arrive; `completed`: its parts are joined; `confirmed`: it is a file. */
  readonly state: string;
  readonly uploadId: string | null;
  readonly partSize: number;
  readonly partCount: number;
  readonly parts: readonly HeldPart[];
}

export interface UnfinishedUpload {
  readonly fileId: string;
  readonly name: string;
  readonly size: number;
  readonly parentId: string | null;
}

export type PartsToSign =
  | { readonly partNumbers: readonly number[] }
  | { readonly parts: readonly { readonly partNumber: number; readonly sha256: string }[] };

/** Every call rejects with `ProblemError` for an answer that says no, and with `NetworkError` when there was none. */
export interface UploadApi {
  presign(
    request: PresignRequest,
    idempotencyKey: string,
    signal: AbortSignal,
  ): Promise<PresignAnswer>;
  signParts(
    fileId: string,
    wanted: PartsToSign,
    signal: AbortSignal,
  ): Promise<readonly SignedPart[]>;
  status(fileId: string, signal: AbortSignal): Promise<UploadStatus>;
  unfinished(): Promise<readonly UnfinishedUpload[]>;
  abort(fileId: string): Promise<void>;
  complete(
    fileId: string,
    uploadId: string,
    parts: readonly { readonly partNumber: number; readonly etag: string }[],
    signal: AbortSignal,
  ): Promise<void>;
  /** `onConflict` is the present choice: the name may have been taken since it was announced. */
  confirm(fileId: string, onConflict: OnConflict, signal: AbortSignal): Promise<UploadedFile>;
  /** Makes the folder, or gives the one that is already there. */
  makeFolder(
    name: string,
    parentId: string | null,
    signal: AbortSignal,
  ): Promise<{ readonly id: string }>;
}

export interface PutRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Blob;
  readonly signal: AbortSignal;
  readonly onProgress: (loaded: number) => void;
}

export interface PutAnswer {
  readonly status: number;
  readonly etag: string | null;
  readonly retryAfterSeconds: number | null;
}

/** Sends bytes to the store. Rejects with `NetworkError` when no answer came. */
export type Put = (request: PutRequest) => Promise<PutAnswer>;

/** Base64 SHA-256 of a blob. */
export interface Hasher {
  readonly width: number;
  digest(blob: Blob, signal: AbortSignal): Promise<string>;
}

/** Time and chance, given from outside so that tests decide them. */
export interface Pace {
  now(): number;
  random(): number;
  /** Resolves after the time, or earlier when the network comes back. */
  wait(milliseconds: number, signal: AbortSignal): Promise<void>;
  /** Resolves when the browser is online. */
  online(signal: AbortSignal): Promise<void>;
  isOnline(): boolean;
}

export class NetworkError extends Error {
  override readonly name = "NetworkError";
}

export class ProblemError extends Error {
  override readonly name = "ProblemError";
  constructor(
    readonly status: number,
    readonly code: string,
    readonly title: string,
    readonly detail: string,
    readonly extra: {
      readonly traceId?: string | null;
      readonly retryAfterSeconds?: number | null;
      readonly missing?: readonly number[];
    } = {},
  ) {
    super(detail || title);
  }
}

/** The bytes can no longer be read: the file was moved, changed or is on a disk that went away. */
export class UnreadableError extends Error {
  override readonly name = "UnreadableError";
}

export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}

export function abortError(): DOMException {
  return new DOMException("The upload was stopped.", "AbortError");
}
