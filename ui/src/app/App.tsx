import { Alert, Button, Stack } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { QueryClientProvider, useQueryClient } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { createContext, useContext, useEffect, useState, useSyncExternalStore } from "react";

import { QueryState } from "../components/QueryState";
import { momentText } from "../components/Time";
import { AppFrameDocument } from "../gql/graphql";
import { SignIn } from "../pages/sign-in/SignIn";
import { SignInPage } from "../pages/sign-in/SignInPage";
import { ApiError, isAway } from "./errors";
import { type Change, Live, type LiveState } from "./live";
import { outdated } from "./outdated";
import { newQueryClient, RECOVERY_MS, useRegistryQuery } from "./queries";
import { router } from "./router";
import { keepRenewed, SIGN_IN_PATH } from "./session";
import { ViewerContext } from "./viewer";

const LiveContext = createContext<Live | null>(null);

/** The state of the subscription: for the banner. */
export function useLiveState(): LiveState {
  const live = useLive();
  return useSyncExternalStore(live.subscribe, live.snapshot);
}

/** Calls back for each change of the registry, while the component is shown. */
export function useChanges(onChange: (change: Change) => void): void {
  const live = useLive();
  useEffect(() => live.onChange(onChange), [live, onChange]);
}

/** Calls back now and then while the registry is away, for what is not in the cache of queries. */
export function useRecovery(error: unknown, onRecovery: () => void): void {
  useEffect(() => {
    if (!isAway(error)) return;
    const timer = setInterval(onRecovery, RECOVERY_MS);
    return () => clearInterval(timer);
  }, [error, onRecovery]);
}

/** Calls back when nothing that was read counts any more, for what is not in the cache of queries. */
export function useRestarts(onRestart: () => void): void {
  const live = useLive();
  useEffect(() => live.onRestart(onRestart), [live, onRestart]);
}

function useLive(): Live {
  const live = useContext(LiveContext);
  if (!live) throw new Error("no LiveContext");
  return live;
}

export function App() {
  const [isSignedOut, setSignedOut] = useState(false);
  const [queries] = useState(() => newQueryClient(() => setSignedOut(true)));
  // No page of the router: it asks nothing of the registry before somebody is signed in.
  if (location.pathname === SIGN_IN_PATH) return <SignInPage />;
  if (isSignedOut) return <SignIn />;
  return (
    <QueryClientProvider client={queries}>
      <Outdated />
      <Frame onUnauthenticated={() => setSignedOut(true)} />
    </QueryClientProvider>
  );
}

/** Said once, in the place of an error of each part of the page. */
function Outdated() {
  const isOutdated = useSyncExternalStore(outdated.subscribe, outdated.snapshot);
  if (!isOutdated) return null;
  return (
    <Alert color="yellow" variant="outline" role="alert" m="md" title="The registry was updated">
      <Stack gap="xs" align="flex-start">
        <span>This page is of another release than the server, which does not know its requests any more. Save what you
          are writing elsewhere, and reload the page.</span>
        <Button size="xs" variant="default" onClick={() => location.reload()}>Reload the page</Button>
      </Stack>
    </Alert>
  );
}

/** Everything waits for the caller and the revision: what is read then is older than no change that is missed. */
function Frame({ onUnauthenticated }: { onUnauthenticated: () => void }) {
  const frame = useRegistryQuery(AppFrameDocument, {}, { isTouched: () => false });
  useSession();
  // The issuer's token is right, and its bearer has no role, or none any more.
  if (frame.error instanceof ApiError && frame.error.code === "FORBIDDEN") return <SignIn problem={frame.error.message} />;
  return (
    <QueryState query={frame}>
      {({ viewer, service }) => (
        <ViewerContext value={viewer}>
          <Following after={service.registryRevision} onUnauthenticated={onUnauthenticated} />
        </ViewerContext>
      )}
    </QueryState>
  );
}

/** Keeps a session of the issuer, and says in time when it ends. */
function useSession() {
  useEffect(() => {
    const ending = new AbortController();
    void keepRenewed(ending.signal, (end) =>
      notifications.show({
        title: "Your session ends soon",
        message: `At ${momentText(end)} you will have to sign in again. Save what you are writing.`,
        color: "yellow",
        autoClose: false,
      }),
    );
    return () => ending.abort();
  }, []);
}

function Following({ after, onUnauthenticated }: { after: string; onUnauthenticated: () => void }) {
  const queries = useQueryClient();
  const [live] = useState(() => new Live(queries, after, onUnauthenticated));
  useEffect(() => {
    void live.run();
    return () => live.stop();
  }, [live]);
  return (
    <LiveContext value={live}>
      <RouterProvider router={router} />
    </LiveContext>
  );
}
