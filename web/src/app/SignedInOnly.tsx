import { useNavigate, useRouter } from "@tanstack/react-router";
import { useEffect, useState, useSyncExternalStore } from "react";
import { session } from "../api/client";
import { Failure } from "../ui/Notice";
import { Shell } from "./Shell";

/** Shows the app to whoever is signed in, and the way to sign in to others. */
export function SignedInOnly() {
  const state = useSyncExternalStore(session.subscribe, session.getSnapshot);
  const [failure, setFailure] = useState<unknown>(null);
  const [attempt, setAttempt] = useState(0);

  // biome-ignore lint/correctness/useExhaustiveDependencies: each attempt asks once more.
  useEffect(() => {
    if (session.getSnapshot() !== "unknown") return;
    session.refresh().then(() => setFailure(null), setFailure);
  }, [attempt]);

  if (state === "signed-in") return <Shell />;
  if (state === "signed-out") return <ToSignIn />;
  if (failure) return <Failure failure={failure} onRetry={() => setAttempt(attempt + 1)} />;
  return null;
}

/** Goes once: while the way there is under way, the address already is the new one. */
function ToSignIn() {
  const navigate = useNavigate();
  const router = useRouter();
  useEffect(() => {
    const { href } = router.state.location;
    void navigate({ to: "/sign-in", search: href === "/" ? {} : { next: href }, replace: true });
  }, [navigate, router]);
  return null;
}
