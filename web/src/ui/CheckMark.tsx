import { Check, Minus } from "lucide-react";
import styles from "./Checkbox.module.css";

/** The drawn box alone, for rows whose own role says whether they are selected. */
export function CheckMark({ state }: { state: "none" | "some" | "all" }) {
  return (
    <span className={styles.box} data-selected={state !== "none"} aria-hidden>
      {state === "some" ? <Minus /> : <Check />}
    </span>
  );
}
