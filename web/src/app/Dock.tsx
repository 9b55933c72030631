/**
 * The one place at the bottom of the page: the bar of a selection and the tray of uploads.
 * Lists leave as much room below their last row as it is high.
 */
import {
  createContext,
  type ReactNode,
  Suspense,
  use,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
  useSyncExternalStore,
} from "react";
import { createPortal } from "react-dom";
import { preloadable } from "../ui/later";
import { uploader } from "../upload";
import styles from "./Dock.module.css";

const [UploadTray] = preloadable(async () => (await import("../upload/tray")).UploadTray);

interface DockPlace {
  slot: HTMLElement | null;
  height: number;
}

const DockContext = createContext<DockPlace>({ slot: null, height: 0 });

export function DockArea({ children }: { children: ReactNode }) {
  const dock = useRef<HTMLDivElement>(null);
  const [slot, setSlot] = useState<HTMLDivElement | null>(null);
  const [height, setHeight] = useState(0);

  const uploading = useSyncExternalStore(uploader.subscribe, hasUploads);
  const [trayNeeded, setTrayNeeded] = useState(uploading);
  if (uploading && !trayNeeded) setTrayNeeded(true);

  useLayoutEffect(() => {
    const element = dock.current;
    if (!element) return;
    const observer = new ResizeObserver(() => setHeight(element.offsetHeight));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  useEffect(() => {
    document.documentElement.style.setProperty("--dock-height", `${height}px`);
  }, [height]);

  useEffect(() => {
    if (slot === null) return;
    const observer = new ResizeObserver(() => {
      document.documentElement.style.setProperty("--dock-slot-height", `${slot.offsetHeight}px`);
    });
    observer.observe(slot);
    return () => observer.disconnect();
  }, [slot]);

  return (
    <DockContext value={{ slot, height }}>
      {children}
      <div ref={dock} className={styles.dock}>
        <div ref={setSlot} className={styles.slot} />
        <div className={styles.tray}>
          {trayNeeded && (
            <Suspense>
              <UploadTray />
            </Suspense>
          )}
        </div>
      </div>
    </DockContext>
  );
}

function hasUploads(): boolean {
  return uploader.getSnapshot().items.length > 0;
}

export function useDockHeight(): number {
  return use(DockContext).height;
}

/** Shows its children in the dock. */
export function InDock({ children }: { children: ReactNode }) {
  const { slot } = use(DockContext);
  return slot && createPortal(children, slot);
}
