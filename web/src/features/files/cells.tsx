import { ShieldAlert, Star } from "lucide-react";
import type { FileResource } from "../../api/resources";
import type { GridColumn } from "../../grid/model";
import { formats } from "../../ui/format";
import styles from "./cells.module.css";
import { kindOf } from "./kinds";

function Glyph({ file }: { file: FileResource }) {
  const { icon: Icon } = kindOf(file);
  return <Icon aria-hidden className={file.kind === "folder" ? styles.folder : styles.file} />;
}

function Marks({ file }: { file: FileResource }) {
  return (
    <>
      {file.processing?.scan === "infected" && (
        <ShieldAlert className={styles.blocked} aria-label="Blocked: it holds malware" />
      )}
      {file.starred && <Star className={styles.star} aria-label="Starred" />}
    </>
  );
}

function NameCell({ file, meta }: { file: FileResource; meta: string }) {
  return (
    <div className={styles.nameCell}>
      <span className={styles.icon}>
        <Glyph file={file} />
      </span>
      <div className={styles.text}>
        <div className={styles.line}>
          <bdi className={styles.fileName} title={file.name}>
            {file.name}
          </bdi>
          <Marks file={file} />
        </div>
        <div className={styles.meta}>{meta}</div>
      </div>
    </div>
  );
}

function When({ instant }: { instant: string | null | undefined }) {
  if (!instant) return null;
  return (
    <time dateTime={instant} title={formats.moment(instant)}>
      {formats.when(instant)}
    </time>
  );
}

const size = (file: FileResource) => (file.kind === "folder" ? "–" : formats.size(file.size));
const content = (file: FileResource) =>
  typeof file.childCount === "number" ? formats.items(file.childCount) : "Folder";
const changed = (file: FileResource) => file.modifiedAt ?? file.updatedAt;

export const fileColumns: GridColumn<FileResource>[] = [
  {
    id: "name",
    header: "Name",
    cell: (file) => (
      <NameCell
        file={file}
        meta={[file.kind === "folder" ? content(file) : size(file), formats.when(changed(file))]
          .filter(Boolean)
          .join(" · ")}
      />
    ),
  },
  { id: "type", header: "Type", cell: (file) => kindOf(file).label },
  { id: "size", header: "Size", cell: size },
  { id: "date", header: "Modified", cell: (file) => <When instant={changed(file)} /> },
];

export const trashColumns: GridColumn<FileResource>[] = [
  {
    id: "name",
    header: "Name",
    cell: (file) => (
      <NameCell
        file={file}
        meta={file.deletedAt ? `Deleted ${formats.when(file.deletedAt)}` : ""}
      />
    ),
  },
  { id: "type", header: "Type", cell: (file) => kindOf(file).label },
  { id: "size", header: "Size", cell: size },
  { id: "date", header: "Deleted", cell: (file) => <When instant={file.deletedAt} /> },
];

export function fileTile(file: FileResource) {
  return (
    <div className={styles.tile}>
      <span className={styles.stage}>
        <Glyph file={file} />
      </span>
      <div className={styles.line}>
        <bdi className={styles.fileName} title={file.name}>
          {file.name}
        </bdi>
        <Marks file={file} />
      </div>
      <div className={styles.tileMeta}>
        {file.kind === "folder" ? content(file) : formats.size(file.size)}
      </div>
    </div>
  );
}
