import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { answer, api, Problem } from "../../api/client";
import { keys, meQuery, queryClient } from "../../api/queries";
import type { Me } from "../../api/resources";
import { Button } from "../../ui/Button";
import { Failure, InlineFailure } from "../../ui/Notice";
import { TextField } from "../../ui/TextField";
import { toast } from "../../ui/Toast";
import styles from "./Settings.module.css";

export function Profile() {
  const me = useQuery(meQuery);
  if (me.data) return <ProfileForm me={me.data} />;
  return me.isError ? <Failure failure={me.error} onRetry={() => void me.refetch()} /> : null;
}

function ProfileForm({ me }: { me: Me }) {
  const [name, setName] = useState(me.name);
  const [failure, setFailure] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);

  async function save() {
    setBusy(true);
    setFailure(null);
    try {
      const saved = await answer(api.PATCH("/api/v1/me", { body: { name: name.trim() } }));
      queryClient.setQueryData(keys.me, saved);
      toast("Profile saved");
    } catch (refused) {
      setFailure(refused);
    } finally {
      setBusy(false);
    }
  }

  const aboutName = failure instanceof Problem ? failure.field("name", "The name") : undefined;
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <TextField
        label="Name"
        autoComplete="name"
        value={name}
        onChange={setName}
        error={aboutName}
      />
      <TextField label="E-mail" type="email" value={me.email} isReadOnly />
      {aboutName === undefined && <InlineFailure failure={failure} />}
      <div>
        <Button
          type="submit"
          variant="primary"
          isPending={busy}
          isDisabled={name.trim() === "" || name.trim() === me.name}
        >
          Save
        </Button>
      </div>
    </form>
  );
}
