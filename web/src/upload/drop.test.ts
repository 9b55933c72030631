// @vitest-environment node
import { expect, test } from "vitest";
import { readDrop } from "./drop";

type Tree = { [name: string]: Tree | File | "unreadable" };

/** Entries as browsers give them: directories in portions, errors by callback. */
function entryOf(name: string, content: Tree[string]): FileSystemEntry {
  if (content === "unreadable" || content instanceof File) {
    const file = (found: (file: File) => void, failed: (error: Error) => void) =>
      content === "unreadable" ? failed(new Error("no right")) : found(content);
    return { name, isFile: true, isDirectory: false, file } as unknown as FileSystemEntry;
  }
  const createReader = () => {
    const left = Object.entries(content).map(([child, below]) => entryOf(child, below));
    return {
      readEntries: (found: (portion: FileSystemEntry[]) => void) => found(left.splice(0, 2)),
    };
  };
  return { name, isFile: false, isDirectory: true, createReader } as unknown as FileSystemEntry;
}

function dropOf(tree: Tree, handle?: () => Promise<null>): DataTransfer {
  const items = Object.entries(tree).map(([name, content]) => ({
    kind: "file",
    webkitGetAsEntry: () => entryOf(name, content),
    getAsFile: () => null,
    ...(handle && { getAsFileSystemHandle: handle }),
  }));
  return { items } as unknown as DataTransfer;
}

const text = (name: string) => new File([name], name);

test("a tree is walked to its last leaf, however many portions its folders come in", async () => {
  const names = ["a", "b", "c", "d", "e"];
  const year = Object.fromEntries(names.map((name) => [name, text(name)]));
  const { files } = await readDrop(dropOf({ top: text("top"), Photos: { "2024": year } }));
  const places = files.map(({ file, path }) => [...path, file.name].join("/"));
  expect(places).toEqual(["top", ...names.map((name) => `Photos/2024/${name}`)]);
});

test("folders without anything in them are told apart", async () => {
  const { files, emptyFolders } = await readDrop(dropOf({ Photos: { empty: {}, a: text("a") } }));
  expect(files).toHaveLength(1);
  expect(emptyFolders).toEqual([["Photos", "empty"]]);
});

test("what cannot be read is named and does not hold up the rest", async () => {
  const drop = dropOf({ Photos: { locked: "unreadable", a: text("a") }, b: text("b") });
  const { files, unreadable } = await readDrop(drop);
  expect(files.map(({ file }) => file.name)).toEqual(["a", "b"]);
  expect(unreadable).toEqual(["Photos/locked"]);
});

test("a browser that refuses a handle gives the file all the same", async () => {
  const { files } = await readDrop(dropOf({ a: text("a") }, () => Promise.reject(new Error("no"))));
  expect(files.map(({ file }) => file.name)).toEqual(["a"]);
});
