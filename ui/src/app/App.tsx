import { QueryClientProvider, useQuery, useQueryClient } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { createContext, useContext, useEffect, useState, useSyncExternalStore } from "react";

import { AppFrameDocument } from "../gql/graphql";
import { SignIn } from "../pages/sign-in/SignIn";
import { type Change, Live, type LiveState } from "./live";
import { newQueryClient, registryQuery } from "./queries";
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
      <Following />
    </QueryClientProvider>
  );
}

function Following() {
  const queries = useQueryClient();
  const [live] = useState(() => new Live(queries));
  const frame = useQuery(registryQuery(AppFrameDocument, {}, { isTouched: () => false }));
  const isKnown = frame.data !== undefined;
  useEffect(() => {
    if (!isKnown) return;
    void live.run();
    return () => live.stop();
  }, [live, isKnown]);
  return (
    <LiveContext value={live}>
      <ViewerContext value={frame.data?.viewer ?? null}>
        <RouterProvider router={router} />
      </ViewerContext>
    </LiveContext>
  );
}
