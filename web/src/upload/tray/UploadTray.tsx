/** The list of uploads at the bottom of every screen. It stays until all is done and it is closed. */
import { ChevronDown, ChevronUp, Pause, Play, X } from "lucide-react";
import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import { announce } from "../../ui/Announcer";
import { Button, IconButton } from "../../ui/Button";
import { Dialog, DialogActions, DialogBody } from "../../ui/Dialog";
import { ProgressBar } from "../../ui/Meter";
import { uploader } from "..";
import type { UploadSnapshot } from "../model";
import { ConflictDialog } from "./ConflictDialog";
import { totalsOf } from "./lines";
import { TrayList } from "./TrayList";
import styles from "./UploadTray.module.css";
import { announcement, headline, pace } from "./words";

export function UploadTray() {
  const snapshot = useSyncExternalStore(uploader.subscribe, uploader.getSnapshot);
  useAnnouncements(snapshot);
  return snapshot.items.length === 0 ? null : <Tray snapshot={snapshot} />;
}

function Tray({ snapshot }: { snapshot: UploadSnapshot }) {
  const [open, setOpen] = useState(true);
  const [solving, setSolving] = useState<string | null>(null);
  const [asking, setAsking] = useState(false);
  const totals = totalsOf(snapshot);
  const unfinished = totals.all > totals.finished;
  const speed = pace(snapshot, totals.moving > 0);
  const conflict = snapshot.items.find((item) => item.id === solving && item.state === "conflict");

  return (
    <section className={styles.tray} aria-label="Uploads">
      <header className={styles.header}>
        <div className={styles.summary}>
          <h2 className={styles.headline}>{headline(totals)}</h2>
          {speed && <p className={styles.speed}>{speed}</p>}
        </div>
        {totals.moving > 0 && (
          <Button variant="quiet" onPress={() => uploader.pauseAll()}>
            <Pause aria-hidden /> Pause all
          </Button>
        )}
        {totals.moving === 0 && totals.paused + totals.failed > 0 && (
          <Button variant="quiet" onPress={() => uploader.resumeAll()}>
            <Play aria-hidden /> {totals.paused > 0 ? "Resume all" : "Retry all"}
          </Button>
        )}
        <IconButton
          label={open ? "Fold uploads" : "Show uploads"}
          aria-expanded={open}
          onPress={() => setOpen(!open)}
        >
          {open ? <ChevronDown aria-hidden /> : <ChevronUp aria-hidden />}
        </IconButton>
        <IconButton
          label={unfinished ? "Cancel all uploads" : "Close"}
          onPress={() => (unfinished ? setAsking(true) : uploader.clearFinished())}
        >
          <X aria-hidden />
        </IconButton>
      </header>
      {totals.moving > 0 && (
        <div className={styles.total}>
          <ProgressBar
            label="All uploads"
            value={snapshot.totalBytes === 0 ? 0 : snapshot.sentBytes / snapshot.totalBytes}
          />
        </div>
      )}
      {open && <TrayList items={snapshot.items} onSolve={setSolving} />}
      {conflict && (
        <ConflictDialog
          item={conflict}
          others={snapshot.counts.conflict - 1}
          onClose={() => setSolving(null)}
        />
      )}
      {asking && (
        <CancelDialog count={totals.all - totals.finished} onClose={() => setAsking(false)} />
      )}
    </section>
  );
}

function CancelDialog({ count, onClose }: { count: number; onClose: () => void }) {
  const files = count === 1 ? "1 unfinished file" : `${count} unfinished files`;
  return (
    <Dialog title="Cancel all uploads?" role="alertdialog" onClose={onClose}>
      <DialogBody>
        <p>What is there of {files} is removed from the server. Finished files stay.</p>
      </DialogBody>
      <DialogActions>
        <Button onPress={onClose}>Keep uploading</Button>
        <Button
          variant="danger"
          autoFocus
          onPress={() => {
            uploader.cancelAll();
            onClose();
          }}
        >
          Cancel uploads
        </Button>
      </DialogActions>
    </Dialog>
  );
}

function useAnnouncements(snapshot: UploadSnapshot): void {
  const before = useRef(totalsOf(snapshot));
  useEffect(() => {
    const now = totalsOf(snapshot);
    const text = announcement(before.current, now);
    before.current = now;
    if (text !== null) announce(text);
  }, [snapshot]);
}
