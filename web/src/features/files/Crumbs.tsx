import { Link, useNavigate } from "@tanstack/react-router";
import { ChevronRight, Ellipsis } from "lucide-react";
import { type DragEvent, Fragment, useState } from "react";
import { bringsFiles } from "../../grid/useFileDrop";
import { IconButton } from "../../ui/Button";
import { MenuButton } from "../../ui/Menu";
import styles from "./Crumbs.module.css";
import { uploadDrop } from "./uploading";

export interface Crumb {
  id: string | null;
  name: string;
}

const SHOWN_END = 2;

/** The way from the top to the open folder. Long ways fold in the middle. */
export function Crumbs({ trail }: { trail: Crumb[] }) {
  const navigate = useNavigate();
  const folded = trail.length > SHOWN_END + 2 ? trail.slice(1, -SHOWN_END) : [];
  const shown = folded.length > 0 ? [trail[0] as Crumb, ...trail.slice(-SHOWN_END)] : trail;
  return (
    <nav aria-label="Breadcrumb" className={styles.crumbs}>
      <ol>
        {shown.map((crumb, index) => (
          <Fragment key={crumb.id ?? "top"}>
            {index === 1 && folded.length > 0 && (
              <li>
                <ChevronRight aria-hidden />
                <MenuButton
                  label="Folders between"
                  groups={[
                    folded.map((between) => ({
                      id: between.id ?? "top",
                      label: between.name,
                      run: () => void navigate(linkTo(between)),
                    })),
                  ]}
                >
                  <IconButton label="Folders between">
                    <Ellipsis aria-hidden />
                  </IconButton>
                </MenuButton>
              </li>
            )}
            <li className={index === shown.length - 1 ? styles.last : undefined}>
              {index > 0 && <ChevronRight aria-hidden />}
              <CrumbLink crumb={crumb} isCurrent={index === shown.length - 1} />
            </li>
          </Fragment>
        ))}
      </ol>
    </nav>
  );
}

function CrumbLink({ crumb, isCurrent }: { crumb: Crumb; isCurrent: boolean }) {
  const [over, setOver] = useState(false);
  const drop = {
    onDragOver: (event: DragEvent) => {
      if (!bringsFiles(event.dataTransfer)) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = "copy";
      setOver(true);
    },
    onDragLeave: () => setOver(false),
    onDrop: (event: DragEvent) => {
      if (!bringsFiles(event.dataTransfer)) return;
      event.preventDefault();
      setOver(false);
      uploadDrop(event.dataTransfer, crumb.id);
    },
  };
  return (
    <Link
      {...linkTo(crumb)}
      {...drop}
      className={styles.crumb}
      data-dropping={over || undefined}
      {...(isCurrent ? { "aria-current": "page" as const } : {})}
    >
      <bdi>{crumb.name}</bdi>
    </Link>
  );
}

function linkTo(crumb: Crumb) {
  return crumb.id === null
    ? ({ to: "/" } as const)
    : ({ to: "/folders/$folderId", params: { folderId: crumb.id } } as const);
}
