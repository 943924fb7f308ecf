// Who uses the page, and what it offers them.
import { createContext, useContext } from "react";

import type { AppFrameQuery, Role } from "../gql/graphql";

export type Viewer = AppFrameQuery["viewer"];

const ROLES: readonly Role[] = ["READER", "GATEWAY", "EDITOR", "ADMIN"]; // each may do what those before it may

export const ViewerContext = createContext<Viewer | null>(null);

export function useViewer(): Viewer | null {
  return useContext(ViewerContext);
}

/** Whether the viewer has this role or a higher one. What it may not do is not offered. */
export function useMay(role: Role): boolean {
  const viewer = useViewer();
  return viewer !== null && ROLES.indexOf(viewer.role) >= ROLES.indexOf(role);
}
