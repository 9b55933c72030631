import { Check } from "lucide-react";
import type { ReactElement, RefObject } from "react";
import { Menu, MenuItem } from "react-aria-components/Menu";
import { Popover } from "react-aria-components/Popover";
import { Separator } from "react-aria-components/Separator";
import type { MenuAction, MenuGroups } from "./Menu";
import styles from "./Menu.module.css";

interface MenuPopoverProps {
  trigger: RefObject<HTMLElement | null>;
  label: string;
  groups: MenuGroups;
  placement: "bottom start" | "bottom end";
  onClose: () => void;
}

export function MenuPopover({ trigger, label, groups, placement, onClose }: MenuPopoverProps) {
  const shown = groups.filter((group): group is MenuAction[] => !!group && group.length > 0);
  return (
    <Popover
      className={styles.popover ?? ""}
      triggerRef={trigger}
      isOpen
      onOpenChange={(open) => !open && onClose()}
      placement={placement}
      offset={4}
    >
      <Menu aria-label={label} className={styles.menu ?? ""} autoFocus="first" onClose={onClose}>
        {shown.flatMap((group, position) => {
          const rows: ReactElement[] = group.map(item);
          const first = group[0];
          if (position > 0 && first) {
            rows.unshift(
              <Separator key={`before-${first.id}`} className={styles.separator ?? ""} />,
            );
          }
          return rows;
        })}
      </Menu>
    </Popover>
  );
}

function item(action: MenuAction) {
  const Icon = action.icon;
  return (
    <MenuItem
      key={action.id}
      id={action.id}
      textValue={action.label}
      isDisabled={action.disabled ?? false}
      onAction={action.run}
      className={`${styles.item} ${action.danger ? styles.danger : ""}`}
    >
      {Icon && <Icon aria-hidden />}
      <span>{action.label}</span>
      {action.shortcut && <kbd>{action.shortcut}</kbd>}
      {action.checked && <Check aria-label="chosen" className={styles.check} />}
    </MenuItem>
  );
}
