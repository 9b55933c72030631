import { useQuery } from "@tanstack/react-query";
import { answer, api } from "../../api/client";
import { keys, queryClient, sessionsQuery } from "../../api/queries";
import type { SessionResource } from "../../api/resources";
import { Button } from "../../ui/Button";
import { formats } from "../../ui/format";
import { Failure } from "../../ui/Notice";
import { toast, toastFailure } from "../../ui/Toast";
import { deviceName } from "./deviceName";
import styles from "./Settings.module.css";

export function Sessions() {
  const sessions = useQuery(sessionsQuery);
  if (sessions.isError) {
    return <Failure failure={sessions.error} onRetry={() => void sessions.refetch()} />;
  }
  return (
    <ul className={styles.list}>
      {sessions.data?.items.map((session) => (
        <li key={session.id} className={styles.item}>
          <div>
            <div className={styles.itemName}>
              {deviceName(session.userAgent)}
              {session.current && <span className={styles.tag}>This device</span>}
            </div>
            <div className={styles.meta}>
              {[session.address, `active ${formats.when(session.lastUsedAt)}`]
                .filter(Boolean)
                .join(" · ")}
            </div>
          </div>
          {!session.current && (
            <Button
              aria-label={`Sign out ${deviceName(session.userAgent)}`}
              onPress={() => void revoke(session)}
            >
              Sign out
            </Button>
          )}
        </li>
      ))}
    </ul>
  );
}

async function revoke(session: SessionResource): Promise<void> {
  try {
    await answer(
      api.DELETE("/api/v1/me/sessions/{sessionId}", {
        params: { path: { sessionId: session.id } },
      }),
    );
    toast(`${deviceName(session.userAgent)} is signed out`);
  } catch (failure) {
    toastFailure(failure);
  }
  void queryClient.invalidateQueries({ queryKey: keys.sessions });
}
