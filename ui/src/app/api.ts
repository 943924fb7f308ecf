// Sends the page's documents to the API, by their hashes: the server knows the texts from the manifest of the build.
import { readJson, sentJson } from "../components/exactJson";
import type { TypedDocumentString } from "../gql/graphql";
import { ApiError, isOutdated } from "./errors";
import { outdated } from "./outdated";
import { authorization, token } from "./token";

// The page and the API have one origin.
export const apiUrl = new URL("/graphql", location.origin);

type Answer<Result> = { data?: Result | null; errors?: GraphQLError[] };
type GraphQLError = {
  message: string;
  extensions?: { code?: string; requestId?: string; retryAfter?: number; outcome?: string };
};

/** The id by which the server knows a document. */
export function documentId(document: TypedDocumentString<unknown, never>): string {
  const meta = document.__meta__ as { hash: string };
  return meta.hash;
}

// The newest revision that an answer has stated is sent back, so that no replica shows an older state than was seen.
let revision = 0;

/** Another registry answers: what was seen before says nothing about it. */
export function forgetRevision(): void {
  revision = 0;
}

/** The data of a query; rejects with ApiError for any error, also beside data. `secret` is sent instead of the token. */
export async function request<Result, Variables>(
  document: TypedDocumentString<Result, Variables>,
  variables: Variables,
  signal?: AbortSignal,
  secret?: string,
): Promise<Result> {
  if (secret !== undefined) return requestWith(secret, document, variables, signal);
  return withRenewedToken(writesEnded, (sent) => requestWith(sent, document, variables, signal));
}

const writes = new Set<Promise<unknown>>();

/** The data of a mutation; as `request`. */
export async function write<Result, Variables>(
  document: TypedDocumentString<Result, Variables>,
  variables: Variables,
): Promise<Result> {
  const writing = withRenewedToken(async () => undefined, (sent) => requestWith(sent, document, variables));
  writes.add(writing);
  try {
    return await writing;
  } finally {
    writes.delete(writing);
  }
}

/**
 * Resolves when the answers of all writes under way are there, and were taken. A page that rotates its own token may
 * be refused before it has the answer with the new secret: it must not be signed out then.
 */
export async function writesEnded(): Promise<void> {
  await Promise.allSettled(writes);
  await new Promise((resolve) => setTimeout(resolve));
}

/** Sends again when the token was renewed in between: nothing was done for the old one. */
async function withRenewedToken<Result>(settled: () => Promise<void>, send: (token: string) => Promise<Result>): Promise<Result> {
  const sent = token();
  try {
    return await send(sent);
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== "UNAUTHENTICATED") throw error;
    await settled();
    if (token() === sent || token() === "") throw error;
    return send(token());
  }
}

async function requestWith<Result, Variables>(
  secret: string,
  document: TypedDocumentString<Result, Variables>,
  variables: Variables,
  signal?: AbortSignal,
): Promise<Result> {
  const response = await send(secret, document, variables, signal);
  revision = Math.max(revision, Number(response.headers.get("registry-revision") ?? 0));
  const answer = await parsed<Result>(response);
  const error = answer.errors?.[0];
  if (error) throw toApiError(error);
  if (!answer.data) throw new ApiError("NETWORK", `The answer has status ${response.status} and no data.`);
  return answer.data;
}

async function send<Result, Variables>(
  secret: string,
  document: TypedDocumentString<Result, Variables>,
  variables: Variables,
  signal?: AbortSignal,
): Promise<Response> {
  const headers = {
    "content-type": "application/json",
    accept: "application/graphql-response+json, application/json",
    "registry-revision": String(revision),
    ...authorization(secret),
  };
  const body = sentJson({ documentId: documentId(document as TypedDocumentString<unknown, never>), variables });
  try {
    return await fetch(apiUrl, { method: "POST", headers, body, signal });
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new ApiError("NETWORK", "The registry cannot be reached.");
  }
}

async function parsed<Result>(response: Response): Promise<Answer<Result>> {
  try {
    return readJson(await response.text()) as Answer<Result>;
  } catch {
    throw new ApiError("NETWORK", `The answer has status ${response.status} and is not JSON.`);
  }
}

export function toApiError({ message, extensions = {} }: GraphQLError): ApiError {
  const { code = "UNKNOWN", requestId, retryAfter, outcome } = extensions;
  const error = new ApiError(code, message, requestId, retryAfter, outcome);
  if (isOutdated(error)) outdated.note();
  return error;
}
