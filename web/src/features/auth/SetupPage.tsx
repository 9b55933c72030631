import { useQuery } from "@tanstack/react-query";
import { Link, Navigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { answer, api, Problem, session } from "../../api/client";
import { keys, queryClient, setupQuery } from "../../api/queries";
import { Button } from "../../ui/Button";
import { InlineFailure } from "../../ui/Notice";
import { TextField } from "../../ui/TextField";
import { AuthCard, AuthForm } from "./AuthCard";
import { NewPasswordField } from "./NewPasswordField";
import { judgePassword } from "./password";

export function SetupPage() {
  const [code, setCode] = useState(codeInAddress);
  const setup = useQuery(setupQuery);
  const [form, setForm] = useState({ name: "", email: "", password: "" });
  const [failure, setFailure] = useState<unknown>(null);
  const [state, setState] = useState<"asking" | "busy" | "done">("asking");
  const [codeFromLink] = useState(code !== "");

  useEffect(() => {
    document.title = "Set up Fardel";
    // The code must not stay in the address bar or in the history.
    if (location.hash) history.replaceState(history.state, "", location.pathname);
  }, []);

  if (state === "done") return <Navigate to="/" replace />;

  async function create() {
    setState("busy");
    setFailure(null);
    try {
      session.adopt(
        await answer(api.POST("/api/v1/auth/setup", { body: { code: code.trim(), ...form } })),
      );
      queryClient.removeQueries({ queryKey: keys.setup });
      setState("done");
    } catch (refused) {
      setFailure(refused);
      setState("asking");
    }
  }

  if (setup.data?.open === false) {
    return (
      <AuthCard title="This server is already set up">
        <p>
          <Link to="/sign-in">Sign in</Link> with your account.
        </p>
      </AuthCard>
    );
  }

  const field = (name: keyof typeof form) => ({
    value: form[name],
    onChange: (value: string) => setForm({ ...form, [name]: value }),
    error: failure instanceof Problem ? failure.field(name, "This") : undefined,
  });
  const complete =
    code.trim() !== "" &&
    form.name.trim() !== "" &&
    form.email !== "" &&
    judgePassword(form.password).acceptable;

  return (
    <AuthCard
      title="Set up your server"
      lead="Create the first account. It can add people and change how the server works."
    >
      <AuthForm onSubmit={() => void create()}>
        <InlineFailure failure={failure} />
        {!codeFromLink && (
          <TextField
            label="Set-up code"
            hint="The server printed it when it started."
            autoComplete="off"
            isRequired
            value={code}
            onChange={setCode}
          />
        )}
        <TextField label="Name" autoComplete="name" isRequired autoFocus {...field("name")} />
        <TextField
          label="E-mail"
          type="email"
          autoComplete="username"
          isRequired
          {...field("email")}
        />
        <NewPasswordField label="Password" {...field("password")} />
        <Button type="submit" variant="primary" isDisabled={state === "busy" || !complete}>
          Create account
        </Button>
      </AuthForm>
    </AuthCard>
  );
}

function codeInAddress(): string {
  return new URLSearchParams(location.hash.slice(1)).get("code") ?? "";
}
