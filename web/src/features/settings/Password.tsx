import { useState } from "react";
import { answer, api, Problem } from "../../api/client";
import { keys, queryClient } from "../../api/queries";
import { Button } from "../../ui/Button";
import { InlineFailure } from "../../ui/Notice";
import { TextField } from "../../ui/TextField";
import { toast } from "../../ui/Toast";
import { NewPasswordField } from "../auth/NewPasswordField";
import { judgePassword } from "../auth/password";
import styles from "./Settings.module.css";

const empty = { currentPassword: "", newPassword: "" };

export function Password() {
  const [form, setForm] = useState(empty);
  const [failure, setFailure] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);

  async function change() {
    setBusy(true);
    setFailure(null);
    try {
      await answer(api.POST("/api/v1/me/password", { body: form }));
      setForm(empty);
      toast("Password changed");
      void queryClient.invalidateQueries({ queryKey: keys.sessions });
    } catch (refused) {
      setFailure(refused);
    } finally {
      setBusy(false);
    }
  }

  const about = (name: string) =>
    failure instanceof Problem ? failure.field(name, "This") : undefined;
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        void change();
      }}
    >
      <TextField
        label="Current password"
        type="password"
        autoComplete="current-password"
        value={form.currentPassword}
        onChange={(currentPassword) => setForm({ ...form, currentPassword })}
        error={about("currentPassword")}
      />
      <NewPasswordField
        label="New password"
        value={form.newPassword}
        onChange={(newPassword) => setForm({ ...form, newPassword })}
        error={about("newPassword")}
      />
      {failure instanceof Problem && failure.fields.length > 0 ? null : (
        <InlineFailure failure={failure} />
      )}
      <div>
        <Button
          type="submit"
          variant="primary"
          isPending={busy}
          isDisabled={form.currentPassword === "" || !judgePassword(form.newPassword).acceptable}
        >
          Change password
        </Button>
      </div>
    </form>
  );
}
