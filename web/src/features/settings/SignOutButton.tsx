import { LogOut } from "lucide-react";
import { useState } from "react";
import { Button } from "../../ui/Button";
import { signOut } from "../auth/signOut";

export function SignOutButton() {
  const [busy, setBusy] = useState(false);
  return (
    <Button
      isDisabled={busy}
      onPress={() => {
        setBusy(true);
        void signOut();
      }}
    >
      <LogOut aria-hidden />
      Sign out
    </Button>
  );
}
