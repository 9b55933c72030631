import { X } from "lucide-react";
import type { ReactNode } from "react";
import type { FileResource } from "../../api/resources";
import { IconButton } from "../../ui/Button";
import { formats } from "../../ui/format";
import styles from "./DetailsPanel.module.css";
import { kindOf } from "./kinds";

interface DetailsPanelProps {
  files: FileResource[];
  count: number;
  onClose: () => void;
}

export function DetailsPanel({ files, count, onClose }: DetailsPanelProps) {
  const [file] = files;
  return (
    <aside className={styles.panel} aria-label="Details">
      <header className={styles.header}>
        <h2>Details</h2>
        <IconButton label="Close details" onPress={onClose}>
          <X aria-hidden />
        </IconButton>
      </header>
      {count === 1 && file ? (
        <OneFile file={file} />
      ) : count > 1 ? (
        <ManyFiles files={files} count={count} />
      ) : (
        <p className={styles.hint}>Choose a file to see more about it.</p>
      )}
    </aside>
  );
}

function OneFile({ file }: { file: FileResource }) {
  const { icon: Icon, label } = kindOf(file);
  return (
    <>
      <div className={styles.stage}>
        <Icon aria-hidden />
      </div>
      <h3 className={styles.name}>
        <bdi>{file.name}</bdi>
      </h3>
      <dl className={styles.facts}>
        <Fact name="Type">{file.mediaType ? `${label} (${file.mediaType})` : label}</Fact>
        {file.kind === "file" && <Fact name="Size">{formats.size(file.size)}</Fact>}
        {typeof file.childCount === "number" && (
          <Fact name="Holds">{formats.items(file.childCount)}</Fact>
        )}
        <Fact name="Modified">{formats.moment(file.modifiedAt ?? file.updatedAt)}</Fact>
        <Fact name="Added">{formats.moment(file.createdAt)}</Fact>
        <Fact name="Owner">
          <bdi>{file.owner.name}</bdi>
        </Fact>
        {file.deletedAt && <Fact name="Deleted">{formats.moment(file.deletedAt)}</Fact>}
        {file.purgeAt && <Fact name="Removed for good">{formats.moment(file.purgeAt)}</Fact>}
        {file.checksum && (
          <Fact name={`Checksum (${file.checksum.algorithm})`}>
            <code>{file.checksum.value}</code>
          </Fact>
        )}
      </dl>
    </>
  );
}

function ManyFiles({ files, count }: { files: FileResource[]; count: number }) {
  const bytes = files.reduce((sum, file) => sum + file.size, 0);
  return (
    <dl className={styles.facts}>
      <Fact name="Selected">{formats.items(count)}</Fact>
      {files.length === count && <Fact name="Size">{formats.size(bytes)}</Fact>}
    </dl>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
