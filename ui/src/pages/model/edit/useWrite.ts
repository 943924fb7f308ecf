import { useQueryClient } from "@tanstack/react-query";

import { useRegistryMutation } from "../../../app/queries";
import type { UserError } from "../../../components/userErrors";
import type { TypedDocumentString } from "../../../gql/graphql";
import type { Known } from "./fields";

/** An error of a write; REVISION_MISMATCH has the object as it is now. */
export type WriteError = UserError & { currentRevision?: number; current?: Known | null };
type Payload = { userErrors: readonly WriteError[] };

/**
 * Writes by a document, and reads the pages again that show what it may have changed.
 *
 * Nothing is shown as done before the registry has said so. A form waits for the answer anyway, as a refusal belongs to
 * its fields; and of a status, an alias, a price or a circuit, which routes follow, a wrong picture of a moment is
 * one moment too long.
 */
export function useWrite<Result extends object, Input extends object>(document: TypedDocumentString<Result, { input: Input }>) {
  const queries = useQueryClient();
  const { mutateAsync, isPending } = useRegistryMutation(document);
  const write = async (input: Input) => {
    const result = await mutateAsync(input);
    void queries.invalidateQueries({ predicate: ({ meta }) => meta?.isTouched !== undefined });
    const [payload] = Object.values(result) as NonNullable<Result[keyof Result]>[];
    return payload as NonNullable<Result[keyof Result]> & Payload;
  };
  return { write, isPending };
}
