import type { LucideIcon } from "lucide-react";
import {
  cloneElement,
  type ReactElement,
  type RefObject,
  Suspense,
  useEffect,
  useRef,
  useState,
} from "react";
import { onIdle, preloadable } from "./later";
import styles from "./Menu.module.css";

export interface MenuAction {
  id: string;
  label: string;
  icon?: LucideIcon;
  shortcut?: string;
  danger?: boolean;
  /** True or false draws it as a choice with a check mark. */
  checked?: boolean;
  disabled?: boolean;
  run: () => void;
}

/** Groups are divided by a line. */
export type MenuGroups = (MenuAction[] | null | undefined | false)[];

// Menus are a quarter of React Aria's weight and nobody needs one before the list is there.
const [MenuPopover, loadMenus] = preloadable(
  async () => (await import("./MenuPopover")).MenuPopover,
);

interface MenuButtonProps {
  label: string;
  groups: MenuGroups;
  /** The button that opens it. */
  children: ReactElement<{
    ref?: RefObject<HTMLButtonElement | null>;
    "aria-haspopup"?: "menu";
    "aria-expanded"?: boolean;
    onPress?: () => void;
  }>;
}

export function MenuButton({ label, groups, children }: MenuButtonProps) {
  const button = useRef<HTMLButtonElement>(null);
  const [open, setOpen] = useState(false);
  useEffect(() => onIdle(loadMenus), []);
  return (
    <>
      {cloneElement(children, {
        ref: button,
        "aria-haspopup": "menu",
        "aria-expanded": open,
        onPress: () => setOpen(!open),
      })}
      {open && (
        <Suspense>
          <MenuPopover
            trigger={button}
            label={label}
            groups={groups}
            placement="bottom end"
            onClose={() => setOpen(false)}
          />
        </Suspense>
      )}
    </>
  );
}

interface ContextMenuProps {
  at: { x: number; y: number };
  label: string;
  groups: MenuGroups;
  onClose: () => void;
}

export function ContextMenu({ at, label, groups, onClose }: ContextMenuProps) {
  const anchor = useRef<HTMLSpanElement>(null);
  return (
    <>
      <span ref={anchor} className={styles.anchor} style={{ left: at.x, top: at.y }} />
      <Suspense>
        <MenuPopover
          trigger={anchor}
          label={label}
          groups={groups}
          placement="bottom start"
          onClose={onClose}
        />
      </Suspense>
    </>
  );
}
