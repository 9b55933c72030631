import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { FolderOpen, Upload } from "lucide-react";
import { Suspense, useEffect, useMemo, useState } from "react";
import { fileQuery, type Listing } from "../../api/queries";
import type { FileResource, FileSort } from "../../api/resources";
import { Button } from "../../ui/Button";
import { preloadable } from "../../ui/later";
import { Failure, Notice } from "../../ui/Notice";
import { type Crumb, Crumbs } from "./Crumbs";
import { FileBrowser } from "./FileBrowser";
import { DEFAULT_SORT } from "./sorting";
import { AddButtons, SortButton, Toolbar } from "./Toolbar";
import { uploadFiles, usePasteToUpload } from "./uploading";

const [NewFolderDialog] = preloadable(async () => (await import("./NameDialogs")).NewFolderDialog);

const top: Crumb = { id: null, name: "My files" };

export function FilesScreen() {
  const { folderId = null } = useParams({ strict: false });
  const { sort = DEFAULT_SORT } = useSearch({ strict: false });
  const navigate = useNavigate();
  const [naming, setNaming] = useState(false);
  const folder = useQuery({ ...fileQuery(folderId ?? ""), enabled: folderId !== null });
  const trail = folderId === null ? [top] : trailTo(folder.data);
  const name = trail.at(-1)?.name ?? top.name;

  const listing = useMemo<Listing>(
    () => ({ folder: folderId, trashed: false, sort }),
    [folderId, sort],
  );
  usePasteToUpload(folderId, !folder.isError);

  useEffect(() => {
    document.title = `${name} · Fardel`;
  }, [name]);

  if (folder.isError) {
    return (
      <Failure
        failure={folder.error}
        onRetry={() => void folder.refetch()}
        actions={<Button onPress={() => void navigate({ to: "/" })}>Go to My files</Button>}
      />
    );
  }

  function sortBy(next: FileSort) {
    const search = next === DEFAULT_SORT ? {} : { sort: next };
    void navigate({ to: ".", search, replace: true });
  }

  return (
    <>
      <Toolbar
        heading={<Crumbs trail={trail} />}
        sorting={<SortButton sort={sort} onSort={sortBy} />}
      >
        <AddButtons folder={folderId} onNewFolder={() => setNaming(true)} />
      </Toolbar>
      <FileBrowser
        key={folderId}
        label={`Files in ${name}`}
        listing={listing}
        onSort={sortBy}
        empty={
          <Notice
            icon={FolderOpen}
            title={folderId === null ? "No files yet" : "This folder is empty"}
            actions={
              <Button variant="primary" onPress={() => void uploadFiles(folderId)}>
                <Upload aria-hidden />
                Choose files
              </Button>
            }
          >
            <p>Drop files or folders here, paste them, or choose them from your device.</p>
          </Notice>
        }
      />
      {naming && (
        <Suspense>
          <NewFolderDialog parentId={folderId} onClose={() => setNaming(false)} />
        </Suspense>
      )}
    </>
  );
}

function trailTo(folder: FileResource | undefined): Crumb[] {
  if (folder === undefined) return [top];
  const above = folder.path.filter((step) => step.id !== folder.id);
  return [top, ...above, { id: folder.id, name: folder.name }];
}
