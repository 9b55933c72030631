import { CircleAlert, type LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import { explain, sentence } from "../api/problem";
import { Button } from "./Button";
import styles from "./Notice.module.css";

interface NoticeProps {
  icon: LucideIcon;
  title: string;
  children?: ReactNode;
  actions?: ReactNode;
}

/** Stands where content would: why there is none, and what to do. */
export function Notice({ icon: Icon, title, children, actions }: NoticeProps) {
  return (
    <div className={styles.notice}>
      <Icon aria-hidden />
      <h2>{title}</h2>
      {children}
      {actions && <div className={styles.actions}>{actions}</div>}
    </div>
  );
}

interface FailureProps {
  failure: unknown;
  onRetry?: () => void;
  actions?: ReactNode;
}

export function Failure({ failure, onRetry, actions }: FailureProps) {
  const { title, detail, traceId } = explain(failure);
  return (
    <div role="alert">
      <Notice
        icon={CircleAlert}
        title={title}
        actions={
          <>
            {onRetry && (
              <Button variant="primary" onPress={onRetry}>
                Retry
              </Button>
            )}
            {actions}
          </>
        }
      >
        <p>{detail}</p>
        {traceId && <div className={styles.trace}>Trace {traceId}</div>}
      </Notice>
    </div>
  );
}

/** A failure inside a form or dialog. */
export function InlineFailure({ failure }: { failure: unknown }) {
  if (!failure) return null;
  const { traceId } = explain(failure);
  return (
    <div role="alert" className={styles.inline}>
      {sentence(failure)}
      {traceId && <div className={styles.trace}>Trace {traceId}</div>}
    </div>
  );
}
