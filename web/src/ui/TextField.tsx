import type { ReactNode, Ref } from "react";
import { FieldError } from "react-aria-components/FieldError";
import { Input } from "react-aria-components/Input";
import { Label } from "react-aria-components/Label";
import { Text } from "react-aria-components/Text";
import {
  TextField as AriaTextField,
  type TextFieldProps as AriaTextFieldProps,
} from "react-aria-components/TextField";
import styles from "./TextField.module.css";

interface TextFieldProps extends Omit<AriaTextFieldProps, "className" | "style" | "children"> {
  label: string;
  hint?: ReactNode;
  /** Says why the value is not accepted; its presence marks the field invalid. */
  error?: string | undefined;
  inputRef?: Ref<HTMLInputElement>;
}

export function TextField({ label, hint, error, inputRef, ...props }: TextFieldProps) {
  return (
    <AriaTextField
      {...props}
      className={styles.field ?? ""}
      {...(error === undefined ? {} : { isInvalid: true })}
      validationBehavior="aria"
    >
      <Label className={styles.label ?? ""}>{label}</Label>
      <Input className={styles.input ?? ""} {...(inputRef ? { ref: inputRef } : {})} />
      {hint && (
        <Text slot="description" className={styles.hint ?? ""}>
          {hint}
        </Text>
      )}
      <FieldError className={styles.error ?? ""}>{error}</FieldError>
    </AriaTextField>
  );
}
