import { Check, Copy } from "lucide-react";
import { type FormEvent, useState } from "react";
import { answer, api } from "../../api/client";
import { keys, queryClient } from "../../api/queries";
import { Button } from "../../ui/Button";
import { Checkbox } from "../../ui/Checkbox";
import { Dialog, DialogActions, DialogBody } from "../../ui/Dialog";
import { InlineFailure } from "../../ui/Notice";
import { TextField } from "../../ui/TextField";
import styles from "./Settings.module.css";

const scopes = [
  { id: "files.read", label: "Read files", hint: "List, search and download" },
  { id: "files.write", label: "Change files", hint: "Upload, rename, move and delete" },
  { id: "share", label: "Share", hint: "Create and revoke share links" },
  { id: "admin", label: "Administer", hint: "Manage people and the server" },
] as const;

type Scope = (typeof scopes)[number]["id"];

export function CreateKeyDialog({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState("");
  const [chosen, setChosen] = useState<Scope[]>(["files.read"]);
  const [created, setCreated] = useState<string | null>(null);
  const [failure, setFailure] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);

  if (created !== null) return <CreatedKey value={created} onClose={onClose} />;

  async function create(event: FormEvent) {
    event.preventDefault();
    setBusy(true);
    setFailure(null);
    try {
      const { key } = await answer(
        api.POST("/api/v1/me/api-keys", { body: { name: name.trim(), scopes: chosen } }),
      );
      setCreated(key);
      void queryClient.invalidateQueries({ queryKey: keys.apiKeys });
    } catch (refused) {
      setFailure(refused);
    } finally {
      setBusy(false);
    }
  }

  return (
    <Dialog title="Create API key" onClose={onClose}>
      <form onSubmit={create}>
        <DialogBody>
          <TextField
            label="Name"
            hint="What will use it, so that you know it again."
            autoFocus
            autoComplete="off"
            value={name}
            onChange={setName}
          />
          <fieldset className={styles.scopes}>
            <legend>It may</legend>
            {scopes.map(({ id, label, hint }) => (
              <Checkbox
                key={id}
                label={label}
                hint={hint}
                isSelected={chosen.includes(id)}
                onChange={(selected) =>
                  setChosen(selected ? [...chosen, id] : chosen.filter((scope) => scope !== id))
                }
              />
            ))}
          </fieldset>
          <InlineFailure failure={failure} />
          <DialogActions>
            <Button onPress={onClose}>Cancel</Button>
            <Button
              type="submit"
              variant="primary"
              isDisabled={busy || name.trim() === "" || chosen.length === 0}
            >
              Create
            </Button>
          </DialogActions>
        </DialogBody>
      </form>
    </Dialog>
  );
}

function CreatedKey({ value, onClose }: { value: string; onClose: () => void }) {
  const [copied, setCopied] = useState(false);
  return (
    <Dialog title="Your new API key" onClose={onClose}>
      <DialogBody>
        <p>Copy it now. It is not shown again.</p>
        <code className={styles.secret}>{value}</code>
      </DialogBody>
      <DialogActions>
        {navigator.clipboard && (
          <Button
            onPress={() => {
              navigator.clipboard.writeText(value).then(
                () => setCopied(true),
                () => setCopied(false),
              );
            }}
          >
            {copied ? <Check aria-hidden /> : <Copy aria-hidden />}
            {copied ? "Copied" : "Copy"}
          </Button>
        )}
        <Button variant="primary" onPress={onClose}>
          Done
        </Button>
      </DialogActions>
    </Dialog>
  );
}
