// What the tabs share: the lists of versions, what makes them out of date, and writes to one version.
import { notifications } from "@mantine/notifications";
import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";

import { request } from "../../app/api";
import type { Change } from "../../app/live";
import type { UserError } from "../../components/userErrors";
import {
  type ModelRef, RetentionArchivesDocument, type RetentionArchivesQuery, RetentionHoldsDocument, RetentionPageDocument,
  RetentionPlanDocument,
} from "../../gql/graphql";
import { documentId } from "../../app/api";

export type Version = RetentionArchivesQuery["versions"]["nodes"][number];

const PAGE_SIZE = 50;
const KINDS = new Set(["MODEL", "VERSION", "ALIAS", "RETENTION"]);
const ACTIONS = new Set(["LISTED", "DELISTED"]);

/** Whether a change can change a plan, a list or the figures. */
export const touchesRetention = ({ event }: Change): boolean => KINDS.has(event.kind) || ACTIONS.has(event.action);

const LISTS = { archives: RetentionArchivesDocument, holds: RetentionHoldsDocument };

/** The archived or the held versions, page by page. */
export function useVersions(list: keyof typeof LISTS, models: ModelRef[] | undefined) {
  return useInfiniteQuery({
    queryKey: ["retention", list, models ?? []],
    queryFn: async ({ pageParam: after, signal }) =>
      (await request(LISTS[list], { first: PAGE_SIZE, after, models }, signal)).versions,
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ pageInfo }) => (pageInfo.hasNextPage ? pageInfo.endCursor : undefined),
    meta: { isTouched: touchesRetention },
  });
}

/** Reads everything on the page again after a write. */
export function useReadAgain(): () => void {
  const queries = useQueryClient();
  return () => {
    const keys = [["retention"], [documentId(RetentionPageDocument)], [documentId(RetentionPlanDocument)]];
    for (const queryKey of keys) void queries.invalidateQueries({ queryKey });
  };
}

type Payload = { userErrors: readonly UserError[] } | null;

/** Tells how a write of one click ended; true when it succeeded. */
export async function tell(write: Promise<Payload>, done: string, failed: string): Promise<boolean> {
  try {
    const problems = (await write)?.userErrors ?? [];
    if (problems.length > 0) throw new Error(problems.map(explained).join(" "));
    notifications.show({ message: done, color: "green" });
    return true;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    notifications.show({ title: failed, message, color: "red", autoClose: false });
    return false;
  }
}

/** The message, with what to do about it where that is not in it. */
function explained({ code, message }: UserError): string {
  return code === "REVISION_MISMATCH" ? "Somebody has changed it meanwhile: look at it as it is now, and try again." : `${message}.`;
}

export const nameOf = ({ modelName, version }: Pick<Version, "modelName" | "version">) => `${modelName} ${version}`;
