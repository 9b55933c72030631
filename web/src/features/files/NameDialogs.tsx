import { type FormEvent, useEffect, useRef, useState } from "react";
import { Problem } from "../../api/client";
import type { FileResource } from "../../api/resources";
import { Button } from "../../ui/Button";
import { Dialog, DialogActions, DialogBody } from "../../ui/Dialog";
import { InlineFailure } from "../../ui/Notice";
import { TextField } from "../../ui/TextField";
import { createFolder, rename } from "./changes";

export function RenameDialog({ file, onClose }: { file: FileResource; onClose: () => void }) {
  const dot = file.kind === "folder" ? -1 : file.name.lastIndexOf(".");
  return (
    <NameDialog
      title={file.kind === "folder" ? "Rename folder" : "Rename file"}
      initial={file.name}
      selectTo={dot > 0 ? dot : file.name.length}
      action="Rename"
      onName={(name) => (name === file.name ? Promise.resolve() : rename(file, name))}
      onClose={onClose}
    />
  );
}

export function NewFolderDialog({
  parentId,
  onClose,
}: {
  parentId: string | null;
  onClose: () => void;
}) {
  return (
    <NameDialog
      title="New folder"
      initial=""
      selectTo={0}
      action="Create"
      onName={(name) => createFolder(parentId, name)}
      onClose={onClose}
    />
  );
}

interface NameDialogProps {
  title: string;
  initial: string;
  /** How much of the name is selected at first: without the extension, which people keep. */
  selectTo: number;
  action: string;
  onName: (name: string) => Promise<unknown>;
  onClose: () => void;
}

function NameDialog({ title, initial, selectTo, action, onName, onClose }: NameDialogProps) {
  const [name, setName] = useState(initial);
  const [failure, setFailure] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const input = useRef<HTMLInputElement>(null);

  useEffect(() => {
    input.current?.focus();
    input.current?.setSelectionRange(0, selectTo);
  }, [selectTo]);

  async function submit(event: FormEvent) {
    event.preventDefault();
    const wanted = name.trim();
    if (wanted === "" || busy) return;
    setBusy(true);
    try {
      await onName(wanted);
      onClose();
    } catch (refused) {
      setFailure(refused);
      setBusy(false);
    }
  }

  const about = aboutName(failure);
  return (
    <Dialog title={title} onClose={onClose}>
      <form onSubmit={submit}>
        <DialogBody>
          <TextField
            label="Name"
            value={name}
            onChange={(next) => {
              setName(next);
              setFailure(null);
            }}
            error={about}
            inputRef={input}
            autoComplete="off"
            maxLength={255}
          />
          {about === undefined && <InlineFailure failure={failure} />}
          <DialogActions>
            <Button onPress={onClose}>Cancel</Button>
            <Button type="submit" variant="primary" isDisabled={busy || name.trim() === ""}>
              {action}
            </Button>
          </DialogActions>
        </DialogBody>
      </form>
    </Dialog>
  );
}

function aboutName(failure: unknown): string | undefined {
  if (!(failure instanceof Problem)) return undefined;
  if (failure.code === "name-taken") return "There is already something with this name here.";
  return failure.field("name", "The name");
}
