/** What can be done with a selection: one list for the context menu and the bar below. */
import {
  ArchiveRestore,
  Download,
  ExternalLink,
  FolderInput,
  FolderOpen,
  Info,
  PenLine,
  Star,
  StarOff,
  Trash2,
} from "lucide-react";
import type { FileResource } from "../../api/resources";
import type { MenuAction } from "../../ui/Menu";
import { download, setStarred } from "./changes";

export interface CommandContext {
  trashed: boolean;
  /** What is chosen, as far as it is loaded. */
  files: FileResource[];
  count: number;
  open(file: FileResource): void;
  showDetails(): void;
  ask(question: "rename" | "move" | "trash"): void;
  restore(): void;
}

export function commandsFor(context: CommandContext): MenuAction[][] {
  return context.trashed ? trashCommands(context) : fileCommands(context);
}

function fileCommands({ files, count, open, showDetails, ask }: CommandContext): MenuAction[][] {
  const [file] = files;
  const one = count === 1 && file !== undefined ? file : null;
  const may = (right: "write" | "delete") =>
    files.every((chosen) => chosen.permissions.includes(right));
  const loadable = count === files.length && files.every((chosen) => chosen.kind === "file");

  const look: MenuAction[] = [];
  if (one) {
    const folder = one.kind === "folder";
    look.push({
      id: "open",
      label: "Open",
      icon: folder ? FolderOpen : ExternalLink,
      shortcut: "Enter",
      run: () => open(one),
    });
  }
  if (loadable) {
    look.push({
      id: "download",
      label: "Download",
      icon: Download,
      run: () => void download(files),
    });
  }

  const change: MenuAction[] = [];
  if (one) {
    change.push(
      {
        id: "rename",
        label: "Rename",
        icon: PenLine,
        shortcut: "F2",
        disabled: !may("write"),
        run: () => ask("rename"),
      },
      {
        id: "star",
        label: one.starred ? "Remove star" : "Star",
        icon: one.starred ? StarOff : Star,
        run: () => void setStarred(one, !one.starred),
      },
    );
  }
  change.push({
    id: "move",
    label: "Move to…",
    icon: FolderInput,
    disabled: !may("write"),
    run: () => ask("move"),
  });
  change.push({ id: "details", label: "Details", icon: Info, run: showDetails });

  return [
    look,
    change,
    [
      {
        id: "trash",
        label: "Move to trash",
        icon: Trash2,
        shortcut: "Del",
        danger: true,
        disabled: !may("delete"),
        run: () => ask("trash"),
      },
    ],
  ];
}

function trashCommands({ restore }: CommandContext): MenuAction[][] {
  return [[{ id: "restore", label: "Restore", icon: ArchiveRestore, run: restore }]];
}
