/** A folder or the trash on the screen: list, selection, commands and the questions they ask. */
import { useNavigate } from "@tanstack/react-router";
import { type ReactNode, Suspense, useEffect, useMemo, useState } from "react";
import type { Listing } from "../../api/queries";
import type { FileResource, FileSort } from "../../api/resources";
import { useDockHeight } from "../../app/Dock";
import { setPreference, usePreferences } from "../../app/preferences";
import { Grid } from "../../grid/Grid";
import { countSelected, everything, isSelected, noSelection } from "../../grid/selection";
import { useFileDrop } from "../../grid/useFileDrop";
import { announce } from "../../ui/Announcer";
import { onIdle, preloadable } from "../../ui/later";
import { ContextMenu } from "../../ui/Menu";
import { Failure } from "../../ui/Notice";
import { toastFailure } from "../../ui/Toast";
import { fileColumns, fileTile, trashColumns } from "./cells";
import { moveTo, moveToTrash, open, restore, runUndo } from "./changes";
import { commandsFor } from "./commands";
import { DetailsPanel } from "./DetailsPanel";
import styles from "./FileBrowser.module.css";
import { loadedPages, rowsBetween, useListing } from "./listing";
import type { Question } from "./Questions";
import { SelectionBar } from "./SelectionBar";
import { nextSort, readSort, type SortColumn, sortLabels } from "./sorting";
import { isTyping, uploadDrop } from "./uploading";

const [Questions, loadQuestions] = preloadable(async () => (await import("./Questions")).Questions);

interface FileBrowserProps {
  label: string;
  listing: Listing;
  onSort?: (sort: FileSort) => void;
  empty: ReactNode;
}

export function FileBrowser({ label, listing, onSort, empty }: FileBrowserProps) {
  const { source, state, failure, refetch } = useListing(listing);
  const { layout, details } = usePreferences();
  const [selection, select] = useState(noSelection);
  const [menuAt, setMenuAt] = useState<{ x: number; y: number } | null>(null);
  const [question, setQuestion] = useState<Question | null>(null);
  const navigate = useNavigate();
  const dockHeight = useDockHeight();

  useEffect(() => onIdle(loadQuestions), []);

  const count = countSelected(selection, source.count);
  const loadedChoice = useMemo(
    () =>
      source.count === 0 || count === 0
        ? []
        : [...loadedPages(listing).values()]
            .flatMap((page) => page.items)
            .filter((row) => isSelected(selection, row.id)),
    [source, listing, selection, count],
  );

  async function chosenFiles(): Promise<FileResource[]> {
    if (loadedChoice.length === count) return loadedChoice;
    const rows = await rowsBetween(listing, 0, source.count - 1);
    return rows.filter((row) => isSelected(selection, row.id));
  }

  function withChosen(act: (files: FileResource[]) => void) {
    chosenFiles().then((files) => files.length > 0 && act(files), toastFailure);
  }

  function openRow(file: FileResource) {
    if (listing.trashed) return;
    if (file.kind === "file") void open(file);
    else void navigate({ to: "/folders/$folderId", params: { folderId: file.id } });
  }

  function ask(kind: Question["kind"]) {
    withChosen((files) => setQuestion({ kind, files }));
  }

  function act(change: typeof moveToTrash) {
    return (files: FileResource[]) => {
      select(noSelection);
      void change(listing, files);
    };
  }

  const commands = commandsFor({
    trashed: listing.trashed,
    files: loadedChoice,
    count,
    open: openRow,
    showDetails: () => setPreference("details", true),
    ask,
    restore: () => withChosen(act(restore)),
  });

  const { over, handlers } = useFileDrop(
    source,
    listing.trashed
      ? undefined
      : {
          accepts: (row) => row.kind === "folder",
          drop: (data, row) => uploadDrop(data, row?.id ?? listing.folder),
        },
  );

  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (isTyping(event.target) || event.defaultPrevented) return;
      if (!(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
      if (event.key === "z") {
        event.preventDefault();
        void runUndo();
      } else if (event.key === "a" && event.target === document.body) {
        event.preventDefault();
        select(everything);
      }
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, []);

  function sortBy(column: string) {
    const next = nextSort(listing.sort, column as SortColumn);
    const { descending } = readSort(next);
    const order = descending ? "descending" : "ascending";
    announce(`Sorted by ${sortLabels[column as SortColumn].toLowerCase()}, ${order}`);
    onSort?.(next);
  }

  return (
    <div className={styles.browser} {...handlers} data-dropping={over === "list" || undefined}>
      <div className={styles.content}>
        {state === "failed" ? (
          <Failure failure={failure} onRetry={refetch} />
        ) : state === "loading" ? (
          <Skeleton />
        ) : source.count === 0 ? (
          empty
        ) : (
          <Grid
            label={label}
            layout={layout}
            source={source}
            columns={listing.trashed ? trashColumns : fileColumns}
            tile={fileTile}
            sort={onSort ? readSort(listing.sort) : null}
            {...(onSort ? { onSort: sortBy } : {})}
            selection={selection}
            select={select}
            dropping={over}
            bottomSpace={dockHeight}
            memory={`${listing.trashed ? "trash" : listing.folder} ${listing.sort} ${layout}`}
            actions={{
              open: openRow,
              menu: (_, at) => setMenuAt(at),
              rename: () => !listing.trashed && ask("rename"),
              remove: () => !listing.trashed && ask("trash"),
            }}
          />
        )}
      </div>
      {details && (
        <DetailsPanel
          files={loadedChoice}
          count={count}
          onClose={() => setPreference("details", false)}
        />
      )}
      <SelectionBar count={count} commands={commands} onClear={() => select(noSelection)} />
      {menuAt && (
        <ContextMenu
          at={menuAt}
          label="Actions"
          groups={commands}
          onClose={() => setMenuAt(null)}
        />
      )}
      {question && (
        <Suspense>
          <Questions
            question={question}
            folder={listing.folder}
            onMove={(files, target) => {
              select(noSelection);
              void moveTo(listing, files, target);
            }}
            onTrash={act(moveToTrash)}
            onClose={() => setQuestion(null)}
          />
        </Suspense>
      )}
    </div>
  );
}

function Skeleton() {
  return (
    <div className={styles.skeleton} role="status" aria-label="Loading">
      {Array.from({ length: 9 }, (_, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the lines are all alike.
        <span key={index} />
      ))}
    </div>
  );
}
