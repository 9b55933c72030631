import { useQuery } from "@tanstack/react-query";
import { KeyRound } from "lucide-react";
import { useState } from "react";
import { answer, api } from "../../api/client";
import { apiKeysQuery, keys, queryClient } from "../../api/queries";
import type { ApiKey } from "../../api/resources";
import { Button } from "../../ui/Button";
import { formats } from "../../ui/format";
import { Failure } from "../../ui/Notice";
import { toast } from "../../ui/Toast";
import { ConfirmDialog } from "../files/ConfirmDialog";
import { CreateKeyDialog } from "./CreateKeyDialog";
import styles from "./Settings.module.css";

export function ApiKeys() {
  const apiKeys = useQuery(apiKeysQuery);
  const [creating, setCreating] = useState(false);
  const [deleting, setDeleting] = useState<ApiKey | null>(null);

  if (apiKeys.isError) {
    return <Failure failure={apiKeys.error} onRetry={() => void apiKeys.refetch()} />;
  }
  return (
    <>
      {apiKeys.data && apiKeys.data.items.length > 0 && (
        <ul className={styles.list}>
          {apiKeys.data.items.map((key) => (
            <li key={key.id} className={styles.item}>
              <div>
                <div className={styles.itemName}>
                  <bdi>{key.name}</bdi>
                </div>
                <div className={styles.meta}>
                  {key.scopes.join(", ")} ·{" "}
                  {key.lastUsedAt ? `used ${formats.when(key.lastUsedAt)}` : "never used"}
                </div>
              </div>
              <Button aria-label={`Delete ${key.name}`} onPress={() => setDeleting(key)}>
                Delete
              </Button>
            </li>
          ))}
        </ul>
      )}
      <div>
        <Button onPress={() => setCreating(true)}>
          <KeyRound aria-hidden />
          Create API key
        </Button>
      </div>
      {creating && <CreateKeyDialog onClose={() => setCreating(false)} />}
      {deleting && (
        <ConfirmDialog
          title={`Delete the key “${deleting.name}”?`}
          action="Delete key"
          onConfirm={() => remove(deleting)}
          onClose={() => setDeleting(null)}
        >
          <p>Programs that use it lose their access within seconds.</p>
        </ConfirmDialog>
      )}
    </>
  );
}

async function remove(key: ApiKey): Promise<void> {
  await answer(
    api.DELETE("/api/v1/me/api-keys/{apiKeyId}", { params: { path: { apiKeyId: key.id } } }),
  );
  await queryClient.invalidateQueries({ queryKey: keys.apiKeys });
  toast(`Key “${key.name}” deleted`);
}
