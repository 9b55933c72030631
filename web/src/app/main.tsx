import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { session } from "../api/client";
import { queryClient } from "../api/queries";
import { forgetUndo } from "../features/files/undo";
import { Announcer } from "../ui/Announcer";
import { Messages } from "../ui/Toast";
import "../ui/tokens.css";
import "../ui/base.css";
import { applyTheme } from "./preferences";
import { router } from "./router";
import { vouchForWorkers } from "./trustedTypes";

vouchForWorkers();
applyTheme();

// Nothing of one user may stay on the screen of the next.
session.subscribe(() => {
  if (session.getSnapshot() !== "signed-out") return;
  queryClient.clear();
  forgetUndo();
});

const root = document.getElementById("root");
if (root === null) throw new Error("The page has no #root element");

createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <RouterProvider router={router} />
      <Messages />
      <Announcer />
    </QueryClientProvider>
  </StrictMode>,
);
