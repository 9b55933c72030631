// The server as the uploader sees it, over the typed client of the HTTP API.

import { api, Problem, Unreachable } from "../api/client";
import type { ProblemDocument } from "../api/problem";
import type { FileResource } from "../api/resources";
import {
  isAbort,
  NetworkError,
  ProblemError,
  type UnfinishedUpload,
  type UploadApi,
  type UploadedFile,
} from "./port";

interface Answer<T> {
  readonly data?: T;
  readonly error?: unknown;
  readonly response: Response;
}

export const httpApi: UploadApi = {
  presign: async ({ checksum, ...request }, idempotencyKey, signal) => {
    const parts = checksum && { checksum: { ...checksum, parts: [...checksum.parts] } };
    const answer = await bodyOf(
      api.POST("/api/v1/files/presigned-url", {
        // The contract refuses unknown and empty fields: what is left out must not be sent as null.
        body: { ...request, ...parts },
        headers: { "Idempotency-Key": idempotencyKey },
        signal,
      }),
    );
    if (answer.result === "exists") return { result: "exists", file: uploaded(answer.file) };
    return answer;
  },

  signParts: async (fileId, wanted, signal) => {
    const body =
      "parts" in wanted ? { parts: [...wanted.parts] } : { partNumbers: [...wanted.partNumbers] };
    const path = { fileId };
    const { parts } = await bodyOf(
      api.POST("/api/v1/files/{fileId}/upload/parts", { params: { path }, body, signal }),
    );
    return parts;
  },

  status: async (fileId, signal) => {
    const path = { fileId };
    const status = await bodyOf(
      api.GET("/api/v1/files/{fileId}/upload", { params: { path }, signal }),
    );
    return {
      state: status.state ?? "",
      uploadId: status.uploadId ?? null,
      partSize: status.partSize ?? 0,
      partCount: status.partCount ?? 1,
      parts: status.parts ?? [],
    };
  },

  unfinished: async () => {
    const all: UnfinishedUpload[] = [];
    let cursor: string | undefined;
    do {
      const query = { limit: 500, ...(cursor !== undefined && { cursor }) };
      const page = await bodyOf(api.GET("/api/v1/files/uploads", { params: { query } }));
      for (const { fileId, name, size, parentId = null } of page.items) {
        all.push({ fileId, name, size, parentId });
      }
      cursor = page.pagination.nextCursor ?? undefined;
    } while (cursor !== undefined);
    return all;
  },

  abort: async (fileId) => {
    const path = { fileId };
    await bodyOf(api.DELETE("/api/v1/files/{fileId}/upload", { params: { path } }));
  },

  complete: async (fileId, uploadId, parts, signal) => {
    const body = { fileId, uploadId, parts: [...parts] };
    await bodyOf(api.POST("/api/v1/files/complete-multipart", { body, signal }));
  },

  confirm: async (fileId, onConflict, signal) => {
    const body = { fileId, ...(onConflict !== "fail" && { onConflict }) };
    const { file } = await bodyOf(api.POST("/api/v1/files/confirm", { body, signal }));
    return uploaded(file);
  },

  makeFolder: async (name, parentId, signal) => {
    const body = { kind: "folder" as const, name, parentId, onConflict: "merge" as const };
    return bodyOf(api.POST("/api/v1/files", { body, signal }));
  },
};

function uploaded({ id, name, parentId = null }: FileResource): UploadedFile {
  return { id, name, parentId };
}

async function bodyOf<T>(call: Promise<Answer<T>>): Promise<T> {
  let answer: Answer<T>;
  try {
    answer = await call;
  } catch (error) {
    if (isAbort(error)) throw error;
    if (error instanceof Problem) throw fromClient(error);
    throw error instanceof Unreachable || error instanceof TypeError
      ? new NetworkError(error.message)
      : error;
  }
  if (!answer.response.ok) throw fromAnswer(answer.response, answer.error);
  return answer.data as T;
}

function fromAnswer(response: Response, body: unknown): ProblemError {
  const document: Partial<ProblemDocument> = typeof body === "object" && body !== null ? body : {};
  const seconds = Number.parseFloat(response.headers.get("retry-after") ?? "");
  const fields = document.errors?.map((field) => field.detail).join(" ");
  return new ProblemError(
    response.status,
    document.code ?? `http-${response.status}`,
    document.title ?? "The request was refused",
    document.detail ?? fields ?? "",
    {
      traceId: document.traceId ?? null,
      retryAfterSeconds: Number.isNaN(seconds) ? null : seconds,
      ...(document.missing && { missing: document.missing }),
    },
  );
}

function fromClient({ status, code, title, detail, traceId, retryAfter }: Problem): ProblemError {
  return new ProblemError(status, code, title, detail ?? "", {
    traceId: traceId ?? null,
    retryAfterSeconds: retryAfter ?? null,
  });
}
