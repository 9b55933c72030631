import { TextField } from "../../ui/TextField";
import styles from "./NewPasswordField.module.css";
import { judgePassword, MAX_PASSWORD } from "./password";

interface NewPasswordFieldProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  error?: string | undefined;
}

export function NewPasswordField({ label, value, onChange, error }: NewPasswordFieldProps) {
  const { strength, text } = judgePassword(value);
  const level = strength < 0.5 ? "weak" : strength < 1 ? "fair" : "strong";
  return (
    <TextField
      label={label}
      type="password"
      autoComplete="new-password"
      isRequired
      maxLength={MAX_PASSWORD}
      value={value}
      onChange={onChange}
      error={error}
      hint={
        <>
          <span className={styles.track} aria-hidden>
            <span
              className={styles.bar}
              data-level={level}
              style={{ transform: `scaleX(${strength})` }}
            />
          </span>
          {text}
        </>
      }
    />
  );
}
