import { Trash2 } from "lucide-react";
import { useEffect } from "react";
import type { Listing } from "../../api/queries";
import { Notice } from "../../ui/Notice";
import { FileBrowser } from "./FileBrowser";
import { DEFAULT_SORT } from "./sorting";
import { Toolbar } from "./Toolbar";

/** The server lists the trash in one order, the last deleted first. */
const trash: Listing = { folder: null, trashed: true, sort: DEFAULT_SORT };

export function TrashScreen() {
  useEffect(() => {
    document.title = "Trash · Fardel";
  }, []);

  return (
    <>
      <Toolbar heading={<h1>Trash</h1>} />
      <FileBrowser
        label="Files in the trash"
        listing={trash}
        empty={
          <Notice icon={Trash2} title="The trash is empty">
            <p>What you delete stays here for 30 days before it is removed for good.</p>
          </Notice>
        }
      />
    </>
  );
}
