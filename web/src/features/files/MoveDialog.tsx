import { useQuery } from "@tanstack/react-query";
import { ChevronRight, CornerLeftUp, Folder } from "lucide-react";
import { useState } from "react";
import { fileQuery, pageQuery } from "../../api/queries";
import type { FileResource } from "../../api/resources";
import { Button } from "../../ui/Button";
import { Dialog, DialogActions, DialogBody } from "../../ui/Dialog";
import { InlineFailure } from "../../ui/Notice";
import { summarise } from "./changes";
import styles from "./MoveDialog.module.css";
import { DEFAULT_SORT } from "./sorting";

interface MoveDialogProps {
  files: FileResource[];
  from: string | null;
  onMove: (target: string | null) => void;
  onClose: () => void;
}

/** Chooses a folder by walking through the drive, with the mouse or the keyboard alone. */
export function MoveDialog({ files, from, onMove, onClose }: MoveDialogProps) {
  const [at, setAt] = useState(from);
  const open = useQuery({ ...fileQuery(at ?? ""), enabled: at !== null });
  // Folders come first in every order, so the first page is where they are.
  const listing = useQuery(pageQuery({ folder: at, trashed: false, sort: DEFAULT_SORT }, 0));

  const moving = new Set(files.map((file) => file.id));
  const folders = listing.data?.items.filter(
    (row) => row.kind === "folder" && !moving.has(row.id) && row.permissions.includes("write"),
  );
  const name = at === null ? "My files" : open.data?.name;

  return (
    <Dialog title={`Move ${summarise(files)}`} onClose={onClose}>
      <DialogBody>
        <div className={styles.place}>
          {at !== null && (
            <Button
              variant="quiet"
              aria-label="One folder up"
              onPress={() => setAt(open.data?.parentId ?? null)}
            >
              <CornerLeftUp aria-hidden />
            </Button>
          )}
          <strong>
            <bdi>{name}</bdi>
          </strong>
        </div>
        <InlineFailure failure={listing.error ?? open.error} />
        <ul className={styles.folders} aria-label={`Folders in ${name ?? ""}`}>
          {folders?.map((folder) => (
            <li key={folder.id}>
              <button type="button" className={styles.folder} onClick={() => setAt(folder.id)}>
                <Folder aria-hidden />
                <bdi>{folder.name}</bdi>
                <ChevronRight aria-hidden />
              </button>
            </li>
          ))}
          {folders?.length === 0 && <li className={styles.none}>No folders in here</li>}
        </ul>
      </DialogBody>
      <DialogActions>
        <Button onPress={onClose}>Cancel</Button>
        <Button
          variant="primary"
          isDisabled={at === from}
          onPress={() => {
            onMove(at);
            onClose();
          }}
        >
          Move here
        </Button>
      </DialogActions>
    </Dialog>
  );
}
