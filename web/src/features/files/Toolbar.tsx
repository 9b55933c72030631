import {
  ArrowDownUp,
  ChevronDown,
  FileUp,
  FolderPlus,
  FolderUp,
  Info,
  LayoutGrid,
  List,
  Upload,
} from "lucide-react";
import type { ReactNode } from "react";
import type { FileSort } from "../../api/resources";
import { setPreference, usePreferences } from "../../app/preferences";
import { Button, IconButton } from "../../ui/Button";
import { Choice } from "../../ui/Choice";
import { type MenuAction, MenuButton } from "../../ui/Menu";
import { nextSort, readSort, type SortColumn, sortIn, sortLabels } from "./sorting";
import styles from "./Toolbar.module.css";
import { uploadFiles, uploadFolder } from "./uploading";
import { useNarrow } from "./useNarrow";

interface ToolbarProps {
  heading: ReactNode;
  sorting?: ReactNode;
  children?: ReactNode;
}

export function Toolbar({ heading, sorting, children }: ToolbarProps) {
  const { layout, details } = usePreferences();
  return (
    <header className={styles.toolbar}>
      <div className={styles.heading}>{heading}</div>
      <div className={styles.tools}>
        {sorting}
        <Choice
          label="Layout"
          value={layout}
          options={[
            { value: "list", label: "List", icon: List, iconOnly: true },
            { value: "tiles", label: "Grid", icon: LayoutGrid, iconOnly: true },
          ]}
          onChange={(value) => setPreference("layout", value)}
        />
        <IconButton
          label={details ? "Hide details" : "Show details"}
          aria-pressed={details}
          onPress={() => setPreference("details", !details)}
        >
          <Info aria-hidden />
        </IconButton>
        {children}
      </div>
    </header>
  );
}

interface SortButtonProps {
  sort: FileSort;
  onSort: (sort: FileSort) => void;
}

export function SortButton({ sort, onSort }: SortButtonProps) {
  const { column, descending } = readSort(sort);
  const direction = (label: string, down: boolean): MenuAction => {
    const order = sortIn(column, down);
    return {
      id: label,
      label,
      checked: down === descending,
      disabled: order === null,
      run: () => order !== null && onSort(order),
    };
  };
  const columns = (Object.keys(sortLabels) as SortColumn[]).map((choice) => ({
    id: choice,
    label: sortLabels[choice],
    checked: choice === column,
    run: () => choice !== column && onSort(nextSort(sort, choice)),
  }));
  return (
    <MenuButton
      label="Sort by"
      groups={[columns, [direction("Ascending", false), direction("Descending", true)]]}
    >
      <IconButton label="Sort">
        <ArrowDownUp aria-hidden />
      </IconButton>
    </MenuButton>
  );
}

interface AddButtonsProps {
  folder: string | null;
  onNewFolder: () => void;
}

export function AddButtons({ folder, onNewFolder }: AddButtonsProps) {
  const narrow = useNarrow();
  const newFolder: MenuAction = {
    id: "new-folder",
    label: "New folder",
    icon: FolderPlus,
    run: onNewFolder,
  };
  return (
    <>
      {!narrow && (
        <Button onPress={onNewFolder}>
          <FolderPlus aria-hidden />
          New folder
        </Button>
      )}
      <MenuButton
        label="Upload"
        groups={[
          [
            {
              id: "files",
              label: "Files…",
              icon: FileUp,
              run: () => void uploadFiles(folder),
            },
            {
              id: "folder",
              label: "Folder…",
              icon: FolderUp,
              run: () => void uploadFolder(folder),
            },
          ],
          narrow && [newFolder],
        ]}
      >
        <Button variant="primary">
          <Upload aria-hidden />
          Upload
          <ChevronDown aria-hidden />
        </Button>
      </MenuButton>
    </>
  );
}
