import { Bug } from "lucide-react";
import { Button } from "../ui/Button";
import { Notice } from "../ui/Notice";

/** What is left when a screen could not be drawn. */
export function Crash({ error }: { error: unknown }) {
  return (
    <div role="alert">
      <Notice
        icon={Bug}
        title="This page stopped working"
        actions={
          <Button variant="primary" onPress={() => location.reload()}>
            Reload
          </Button>
        }
      >
        <p>Your files are safe. If it happens again, tell whoever runs this server.</p>
        <p>{error instanceof Error ? error.message : String(error)}</p>
      </Notice>
    </div>
  );
}
