import { Ellipsis, X } from "lucide-react";
import { InDock } from "../../app/Dock";
import { IconButton } from "../../ui/Button";
import { formats } from "../../ui/format";
import { type MenuAction, MenuButton } from "../../ui/Menu";
import styles from "./SelectionBar.module.css";
import { useNarrow } from "./useNarrow";

const onPhone = new Set(["download", "rename", "trash", "restore"]);

interface SelectionBarProps {
  count: number;
  commands: MenuAction[][];
  onClear: () => void;
}

export function SelectionBar({ count, commands, onClear }: SelectionBarProps) {
  const narrow = useNarrow();
  if (count === 0) return null;
  const all = commands.flat();
  const shown = narrow ? all.filter(({ id }) => onPhone.has(id)) : all;
  return (
    <InDock>
      <div role="toolbar" aria-label="Selected files" className={styles.bar}>
        <span className={styles.count}>{formats.count(count)} selected</span>
        {shown.map(
          ({ id, label, icon: Icon, shortcut, disabled, run }) =>
            Icon && (
              <IconButton
                key={id}
                label={label}
                isDisabled={disabled ?? false}
                onPress={run}
                {...(shortcut ? { shortcut } : {})}
              >
                <Icon aria-hidden />
              </IconButton>
            ),
        )}
        {shown.length < all.length && (
          <MenuButton label="More actions" groups={commands}>
            <IconButton label="More actions">
              <Ellipsis aria-hidden />
            </IconButton>
          </MenuButton>
        )}
        <IconButton label="Clear selection" shortcut="Esc" onPress={onClear}>
          <X aria-hidden />
        </IconButton>
      </div>
    </InDock>
  );
}
