// The values of the API's enums that people choose from, in the order in which they are shown.
import type { TaskType, VersionStatus } from "../gql/graphql";

/** All values of an enum, of which the compiler sees that none is missing. */
export const valuesOf = <Value extends string>(values: Record<Value, true>) => Object.keys(values) as Value[];

export const TASKS = valuesOf<TaskType>({
  CHAT: true, COMPLETION: true, EMBEDDING: true, RERANK: true, CLASSIFICATION: true, MODERATION: true,
  SPEECH_TO_TEXT: true, TEXT_TO_SPEECH: true, IMAGE_GENERATION: true, IMAGE_EDIT: true, VIDEO_GENERATION: true,
  REALTIME: true, OCR: true, SEARCH: true, OTHER: true,
});
export const VERSION_STATUSES = valuesOf<VersionStatus>({ DRAFT: true, ACTIVE: true, DEPRECATED: true, ARCHIVED: true });
