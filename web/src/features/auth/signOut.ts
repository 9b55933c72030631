import { answer, api, session } from "../../api/client";
import { toast } from "../../ui/Toast";
import { uploader } from "../../upload";

/** Ends the session on the server and here; here also when the server cannot be reached. */
export async function signOut(): Promise<void> {
  try {
    await answer(api.POST("/api/v1/auth/logout"));
  } catch {
    toast("Signed out here, but the server could not be told. Sign out again when it is back.");
  }
  await uploader.signOut();
  session.end();
}
