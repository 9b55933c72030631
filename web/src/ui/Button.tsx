import type { ReactNode, Ref } from "react";
import {
  Button as AriaButton,
  type ButtonProps as AriaButtonProps,
} from "react-aria-components/Button";
import { Tooltip, TooltipTrigger } from "react-aria-components/Tooltip";
import styles from "./Button.module.css";

type Variant = "primary" | "secondary" | "quiet" | "danger";

export interface ButtonProps extends Omit<AriaButtonProps, "className" | "style" | "children"> {
  variant?: Variant;
  ref?: Ref<HTMLButtonElement>;
  children: ReactNode;
}

export function Button({ variant = "secondary", children, ...props }: ButtonProps) {
  return (
    <AriaButton {...props} className={`${styles.button} ${styles[variant]}`}>
      {children}
    </AriaButton>
  );
}

interface IconButtonProps extends Omit<ButtonProps, "aria-label"> {
  label: string;
  /** Shown behind the label in the tooltip. */
  shortcut?: string;
}

export function IconButton({
  label,
  shortcut,
  variant = "quiet",
  children,
  ...props
}: IconButtonProps) {
  return (
    <TooltipTrigger delay={600} closeDelay={0}>
      <AriaButton
        {...props}
        aria-label={label}
        className={`${styles.button} ${styles.icon} ${styles[variant]}`}
      >
        {children}
      </AriaButton>
      <Tooltip className={styles.tooltip ?? ""} offset={6}>
        {label}
        {shortcut && <kbd>{shortcut}</kbd>}
      </Tooltip>
    </TooltipTrigger>
  );
}
