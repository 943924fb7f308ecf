import { QueryClientProvider, useQueryClient } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { createContext, useContext, useEffect, useState, useSyncExternalStore } from "react";

import { QueryState } from "../components/QueryState";
import { AppFrameDocument } from "../gql/graphql";
import { SignIn } from "../pages/sign-in/SignIn";
import { type Change, Live, type LiveState } from "./live";
import { newQueryClient, useRegistryQuery } from "./queries";
import { router } from "./router";
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
  if (isSignedOut) return <SignIn />;
  return (
    <QueryClientProvider client={queries}>
      <Frame onUnauthenticated={() => setSignedOut(true)} />
    </QueryClientProvider>
  );
}

/** Everything waits for the caller and the revision: what is read then is older than no change that is missed. */
function Frame({ onUnauthenticated }: { onUnauthenticated: () => void }) {
  const frame = useRegistryQuery(AppFrameDocument, {}, { isTouched: () => false });
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
