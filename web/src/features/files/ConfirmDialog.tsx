import { type ReactNode, useState } from "react";
import { Button } from "../../ui/Button";
import { Dialog, DialogActions, DialogBody } from "../../ui/Dialog";
import { InlineFailure } from "../../ui/Notice";

interface ConfirmDialogProps {
  title: ReactNode;
  children: ReactNode;
  action: string;
  onConfirm: () => unknown;
  onClose: () => void;
}

/** Asks before something is removed. Enter agrees, Esc keeps everything. */
export function ConfirmDialog({ title, children, action, onConfirm, onClose }: ConfirmDialogProps) {
  const [failure, setFailure] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);

  async function confirm() {
    setBusy(true);
    try {
      await onConfirm();
      onClose();
    } catch (refused) {
      setFailure(refused);
      setBusy(false);
    }
  }

  return (
    <Dialog title={title} role="alertdialog" onClose={onClose}>
      <DialogBody>
        {children}
        <InlineFailure failure={failure} />
      </DialogBody>
      <DialogActions>
        <Button onPress={onClose}>Cancel</Button>
        <Button variant="danger" autoFocus isDisabled={busy} onPress={() => void confirm()}>
          {action}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
