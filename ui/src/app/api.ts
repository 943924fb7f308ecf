// Sends the page's documents to the API, by their hashes: the server knows the texts from the manifest of the build.
import type { TypedDocumentString } from "../gql/graphql";
import { ApiError } from "./errors";
import { authorization } from "./token";

// The page and the API have one origin.
export const apiUrl = new URL("/graphql", location.origin);

type Answer<Result> = { data?: Result | null; errors?: GraphQLError[] };
type GraphQLError = {
  message: string;
  extensions?: { code?: string; requestId?: string; retryAfter?: number; outcome?: string; cursor?: string };
};

/** The id by which the server knows a document. */
export function documentId(document: TypedDocumentString<unknown, never>): string {
  const meta = document.__meta__ as { hash: string };
  return meta.hash;
}

// The newest revision that an answer has stated is sent back, so that no replica shows an older state than was seen.
let revision = 0;

/** The data of an operation; rejects with ApiError for any error, also beside data. */
export async function request<Result, Variables>(
  document: TypedDocumentString<Result, Variables>,
  variables: Variables,
  signal?: AbortSignal,
): Promise<Result> {
  const response = await send(document, variables, signal);
  revision = Math.max(revision, Number(response.headers.get("registry-revision") ?? 0));
  const answer = await parsed<Result>(response);
  const error = answer.errors?.[0];
  if (error) throw toApiError(error);
  if (!answer.data) throw new ApiError("NETWORK", `The answer has status ${response.status} and no data.`);
  return answer.data;
}

async function send<Result, Variables>(
  document: TypedDocumentString<Result, Variables>,
  variables: Variables,
  signal?: AbortSignal,
): Promise<Response> {
  const headers = {
    "content-type": "application/json",
    accept: "application/graphql-response+json, application/json",
    "registry-revision": String(revision),
    ...authorization(),
  };
  const body = JSON.stringify({ documentId: documentId(document as TypedDocumentString<unknown, never>), variables });
  try {
    return await fetch(apiUrl, { method: "POST", headers, body, signal });
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new ApiError("NETWORK", "The registry cannot be reached.");
  }
}

async function parsed<Result>(response: Response): Promise<Answer<Result>> {
  try {
    return (await response.json()) as Answer<Result>;
  } catch {
    throw new ApiError("NETWORK", `The answer has status ${response.status} and is not JSON.`);
  }
}

export function toApiError({ message, extensions = {} }: GraphQLError): ApiError {
  const { code = "UNKNOWN", requestId, retryAfter, outcome, cursor } = extensions;
  return new ApiError(code, message, requestId, retryAfter, outcome, cursor);
}
