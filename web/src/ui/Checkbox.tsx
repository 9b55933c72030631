import type { ReactNode } from "react";
import { Checkbox as AriaCheckbox } from "react-aria-components/Checkbox";
import styles from "./Checkbox.module.css";
import { CheckMark } from "./CheckMark";

interface CheckboxProps {
  label: ReactNode;
  hint?: string;
  isSelected: boolean;
  onChange: (selected: boolean) => void;
}

export function Checkbox({ label, hint, isSelected, onChange }: CheckboxProps) {
  return (
    <AriaCheckbox isSelected={isSelected} onChange={onChange} className={styles.checkbox ?? ""}>
      <CheckMark state={isSelected ? "all" : "none"} />
      <span>
        {label}
        {hint && <div className={styles.hint}>{hint}</div>}
      </span>
    </AriaCheckbox>
  );
}
