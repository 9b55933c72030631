/** A file of that name is there: keep both, replace it by a new version, or leave it out. */
import { useState } from "react";
import { Button } from "../../ui/Button";
import { Checkbox } from "../../ui/Checkbox";
import { Dialog, DialogActions, DialogBody } from "../../ui/Dialog";
import { uploader } from "..";
import type { ConflictChoice, UploadItem } from "../model";

interface ConflictDialogProps {
  item: UploadItem;
  /** How many other files wait for the same answer. */
  others: number;
  onClose: () => void;
}

export function ConflictDialog({ item, others, onClose }: ConflictDialogProps) {
  const [forAll, setForAll] = useState(false);
  const solve = (choice: ConflictChoice) => {
    uploader.solveConflict(item.id, choice, forAll);
    onClose();
  };
  return (
    <Dialog title={`“${item.name}” exists already`} onClose={onClose}>
      <DialogBody>
        <p>
          Replacing keeps the present content as an earlier version. Keeping both gives the new file
          another name.
        </p>
        <Checkbox
          label={others > 0 ? `Do the same for all (${others} more)` : "Do the same for all"}
          hint="Also for files of this upload that are still to come."
          isSelected={forAll}
          onChange={setForAll}
        />
      </DialogBody>
      <DialogActions>
        <Button onPress={() => solve("skip")}>Skip</Button>
        <Button onPress={() => solve("replace")}>Replace</Button>
        <Button variant="primary" autoFocus onPress={() => solve("rename")}>
          Keep both
        </Button>
      </DialogActions>
    </Dialog>
  );
}
