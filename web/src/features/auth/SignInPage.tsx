import { useQuery } from "@tanstack/react-query";
import { Navigate, useSearch } from "@tanstack/react-router";
import { useEffect, useState, useSyncExternalStore } from "react";
import { answer, api, Problem, session } from "../../api/client";
import { setupQuery } from "../../api/queries";
import { Button } from "../../ui/Button";
import { InlineFailure } from "../../ui/Notice";
import { TextField } from "../../ui/TextField";
import { AuthCard, AuthForm } from "./AuthCard";

export function SignInPage() {
  const { next = "/" } = useSearch({ from: "/sign-in" });
  const state = useSyncExternalStore(session.subscribe, session.getSnapshot);
  const setup = useQuery(setupQuery);
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [failure, setFailure] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);

  useEffect(() => {
    document.title = "Sign in · Fardel";
    if (session.getSnapshot() === "unknown") session.refresh().catch(() => {});
  }, []);

  if (state === "signed-in") return <Navigate to={next} replace />;

  async function signIn() {
    setBusy(true);
    setFailure(null);
    try {
      session.adopt(await answer(api.POST("/api/v1/auth/login", { body: { email, password } })));
    } catch (refused) {
      setFailure(refused);
    } finally {
      setBusy(false);
    }
  }

  if (setup.data?.open) {
    return (
      <AuthCard
        title="This server is new"
        lead="Open the set-up link that the server printed when it started. It holds a one-time code, so that nobody else can claim the server."
      >
        {null}
      </AuthCard>
    );
  }

  return (
    <AuthCard title="Sign in">
      <AuthForm onSubmit={() => void signIn()}>
        {isWrongPassword(failure) ? (
          <InlineFailure failure={new Error("Check the e-mail address and the password.")} />
        ) : (
          <InlineFailure failure={failure} />
        )}
        <TextField
          label="E-mail"
          type="email"
          name="email"
          autoComplete="username"
          isRequired
          autoFocus
          value={email}
          onChange={setEmail}
        />
        <TextField
          label="Password"
          type="password"
          name="password"
          autoComplete="current-password"
          isRequired
          value={password}
          onChange={setPassword}
        />
        <Button
          type="submit"
          variant="primary"
          isDisabled={busy || email === "" || password === ""}
        >
          Sign in
        </Button>
      </AuthForm>
    </AuthCard>
  );
}

function isWrongPassword(failure: unknown): boolean {
  return failure instanceof Problem && failure.status === 401 && !failure.detail;
}
