import { X } from "lucide-react";
import { Button } from "react-aria-components/Button";
import { Text } from "react-aria-components/Text";
import {
  UNSTABLE_Toast as AriaToast,
  UNSTABLE_ToastContent as ToastContent,
  UNSTABLE_ToastQueue as ToastQueue,
  UNSTABLE_ToastRegion as ToastRegion,
} from "react-aria-components/Toast";
import type { Message, MessageQueue } from "./Toast";
import styles from "./Toast.module.css";

const queue = new ToastQueue<Message>({ maxVisibleToasts: 3 });

export const messages: MessageQueue = {
  add(message, milliseconds) {
    const key = queue.add(message, { timeout: milliseconds });
    return () => queue.close(key);
  },
};

export function Toasts() {
  return (
    <ToastRegion queue={queue} className={styles.region ?? ""} aria-label="Messages">
      {({ toast }) => (
        <AriaToast toast={toast} className={styles.toast ?? ""}>
          <ToastContent className={styles.text ?? ""}>
            <Text slot="title">{toast.content.text}</Text>
            {toast.content.detail && (
              <Text slot="description" elementType="div" className={styles.detail ?? ""}>
                {toast.content.detail}
              </Text>
            )}
          </ToastContent>
          {toast.content.action && (
            <Button
              className={`${styles.button} ${styles.action}`}
              onPress={() => {
                toast.content.action?.run();
                queue.close(toast.key);
              }}
            >
              {toast.content.action.label}
            </Button>
          )}
          <Button slot="close" className={styles.button ?? ""} aria-label="Close">
            <X aria-hidden />
          </Button>
        </AriaToast>
      )}
    </ToastRegion>
  );
}
