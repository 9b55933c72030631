/** One upload: its name, how it stands, and what can be done about it. */
import {
  CircleAlert,
  CircleCheck,
  Clock,
  CloudUpload,
  FileQuestionMark,
  Pause,
  Play,
  RotateCw,
  X,
} from "lucide-react";
import { Button, IconButton } from "../../ui/Button";
import { formats } from "../../ui/format";
import { ProgressBar } from "../../ui/Meter";
import { toast } from "../../ui/Toast";
import { pickFiles, uploader } from "..";
import { ACTIVE_STATES, FINISHED_STATES, type UploadItem, type UploadState } from "../model";
import styles from "./UploadTray.module.css";
import { share, situation } from "./words";

interface UploadLineProps {
  item: UploadItem;
  onSolve: (id: string) => void;
}

export function UploadLine({ item, onSolve }: UploadLineProps) {
  const { id, name, path, state } = item;
  const done = share(item);
  return (
    <div className={styles.upload} data-state={state}>
      <StateIcon state={state} />
      <div className={styles.text}>
        <div className={styles.name}>
          <bdi title={[...path, name].join("/")}>{name}</bdi>
          {done !== null && <span className={styles.percent}>{formats.percent(floor(done))}</span>}
        </div>
        {done !== null && <ProgressBar label={`Progress of ${name}`} value={done} />}
        <p className={styles.situation}>{situation(item)}</p>
      </div>
      <div className={styles.actions}>
        {state === "conflict" && (
          <Button aria-label={`Solve ${name}`} onPress={() => onSolve(id)}>
            Solve
          </Button>
        )}
        {state === "needs-file" && <FindFile item={item} />}
        {state === "failed" && (
          <IconButton label={`Retry ${name}`} onPress={() => uploader.resume(id)}>
            <RotateCw aria-hidden />
          </IconButton>
        )}
        {(ACTIVE_STATES.has(state) || state === "queued") && (
          <IconButton label={`Pause ${name}`} onPress={() => uploader.pause(id)}>
            <Pause aria-hidden />
          </IconButton>
        )}
        {state === "paused" && (
          <IconButton label={`Resume ${name}`} onPress={() => uploader.resume(id)}>
            <Play aria-hidden />
          </IconButton>
        )}
        {!FINISHED_STATES.has(state) && (
          <IconButton label={`Cancel ${name}`} onPress={() => uploader.cancel(id)}>
            <X aria-hidden />
          </IconButton>
        )}
      </div>
    </div>
  );
}

/** 100 % is said only when all of it is there. */
function floor(share: number): number {
  return Math.floor(share * 100) / 100;
}

function FindFile({ item }: { item: UploadItem }) {
  const { id, name } = item;
  if (item.canAllow) {
    return (
      <Button
        aria-label={`Allow reading ${name}`}
        onPress={async () => {
          if (!(await uploader.allow(id))) await chooseAgain(item);
        }}
      >
        Allow
      </Button>
    );
  }
  return (
    <Button aria-label={`Choose ${name} again`} onPress={() => void chooseAgain(item)}>
      Choose…
    </Button>
  );
}

async function chooseAgain({ id, name }: UploadItem): Promise<void> {
  const [picked] = await pickFiles(false);
  if (picked === undefined) return;
  if (uploader.chooseAgain(id, picked.file, picked.handle ?? null)) return;
  toast(`That is not the same “${name}”: its name, size or date differs.`);
}

const ICONS = {
  done: CircleCheck,
  deduplicated: CircleCheck,
  queued: Clock,
  conflict: CircleAlert,
  failed: CircleAlert,
  "needs-file": FileQuestionMark,
} as const;

function StateIcon({ state }: { state: UploadState }) {
  const Icon = state in ICONS ? ICONS[state as keyof typeof ICONS] : CloudUpload;
  return <Icon className={styles.icon} aria-hidden />;
}
