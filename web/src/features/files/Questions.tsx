import type { FileResource } from "../../api/resources";
import { ConfirmDialog } from "./ConfirmDialog";
import { summarise } from "./changes";
import { MoveDialog } from "./MoveDialog";
import { RenameDialog } from "./NameDialogs";

export interface Question {
  kind: "rename" | "move" | "trash";
  files: FileResource[];
}

interface QuestionsProps {
  question: Question;
  folder: string | null;
  onMove: (files: FileResource[], target: string | null) => void;
  onTrash: (files: FileResource[]) => void;
  onClose: () => void;
}

/** The dialog that a command opened before it acts. */
export function Questions({ question, folder, onMove, onTrash, onClose }: QuestionsProps) {
  const { kind, files } = question;
  const [file] = files;
  if (kind === "rename") {
    return file === undefined ? null : <RenameDialog file={file} onClose={onClose} />;
  }
  if (kind === "move") {
    return (
      <MoveDialog
        files={files}
        from={folder}
        onMove={(target) => onMove(files, target)}
        onClose={onClose}
      />
    );
  }
  return (
    <ConfirmDialog
      title={`Move ${summarise(files)} to the trash?`}
      action="Move to trash"
      onConfirm={() => onTrash(files)}
      onClose={onClose}
    >
      <p>
        You can restore {files.length === 1 ? "it" : "them"} from there for 30 days. Links that
        share {files.length === 1 ? "it" : "them"} stop working at once.
      </p>
    </ConfirmDialog>
  );
}
