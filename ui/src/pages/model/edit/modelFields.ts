// The fields of models, versions and bindings, as the API describes them.
import { TASKS, valuesOf } from "../../../app/enums";
import { words } from "../../../components/words";
import type { BindingStatus, VersionStatus } from "../../../gql/graphql";
import type { Field, Option, Section } from "./fields";

const options = (values: readonly string[]): Option[] => values.map((value) => ({ value, label: words(value) }));
const region: Field = { name: "region", label: "Region", kind: "line", placeholder: "eu-west-1" };

export const MODEL: readonly Section[] = [
  {
    title: "",
    fields: [
      { name: "name", label: "Name", kind: "line", isRequired: true, description: "Unique in any case. Letters, digits and . _ - : / @ inside." },
      { name: "task", label: "Task", kind: "choice", isRequired: true, options: options(TASKS), description: "What the model is made for." },
      { name: "subject", label: "Subject", kind: "line", description: "Subject domain, for example math." },
      { name: "retentionKeep", label: "Versions to keep", kind: "whole", isRequired: true, description: "Number of latest versions that retention keeps, 1 to 10." },
      { name: "description", label: "Description", kind: "text", description: "Up to 10,000 characters." },
      { name: "labels", label: "Labels", kind: "labels", description: "At most 64, each key once." },
    ],
  },
];

const LIMITS: readonly Field[] = [
  { name: "contextWindow", label: "Context window", kind: "whole", description: "Largest number of tokens in a context." },
  { name: "maxOutputTokens", label: "Max. output", kind: "whole", description: "Largest number of tokens in a response." },
];

const VERSION_DAYS: readonly Field[] = [
  { name: "releasedOn", label: "Released", kind: "day", description: "The day on which its maker released it." },
  { name: "deprecatedOn", label: "Deprecated", kind: "day", description: "From this day (UTC) new uses should choose another version." },
  { name: "sunsetOn", label: "Last day", kind: "day", description: "The last day (UTC) on which its bindings are routable." },
  { name: "rolling", label: "Rolling", kind: "switch", description: "The provider may serve something else under this name tomorrow." },
];

const VERSION_QUALITY: readonly Field[] = [
  { name: "evalScore", label: "Evaluation", kind: "number", description: "Quality from 0 to 1." },
  { name: "costPer1k", label: "Cost, US dollars per 1M tokens", kind: "perMillion", description: "With at most 7 decimals." },
  { name: "sloLatencyMs", label: "Target latency, milliseconds", kind: "whole", description: "Of the 95th percentile of the calls." },
  { name: "sloSuccessRate", label: "Target success rate", kind: "number", description: "From 0 to 1." },
];

const VERSION_ARTIFACT: readonly Field[] = [
  { name: "artifactUrl", label: "Artifact", kind: "url", description: "The URI of its artifact." },
  { name: "sizeBytes", label: "Size in bytes", kind: "digits" },
  { name: "metadata", label: "Metadata", kind: "json", description: "Any JSON of at most 16 KiB and 8 levels." },
];

const NEXT_STATUS: Partial<Record<VersionStatus, VersionStatus>> = { DRAFT: "ACTIVE", ACTIVE: "DEPRECATED" };

/** The fields of a version that exists, which is in this status. */
export function versionFields(status: VersionStatus): readonly Section[] {
  const next = NEXT_STATUS[status];
  const statuses = options(next ? [status, next] : [status]);
  return [
    {
      title: "Use",
      fields: [
        { name: "status", label: "Status", kind: "choice", isRequired: true, options: statuses, description: "From draft to active, from active to deprecated. Archive it for more." },
        { ...region, isRequired: true, description: "Home region." },
        ...LIMITS,
        { name: "capabilities", label: "Capabilities", kind: "capabilities", description: "Features beyond its task." },
      ],
    },
    { title: "Days", fields: VERSION_DAYS },
    { title: "Quality and cost", fields: VERSION_QUALITY },
    { title: "Artifact", fields: VERSION_ARTIFACT },
  ];
}

export const SEMVER = /^\d+\.\d+\.\d+(-[\dA-Za-z.-]+)?(\+[\dA-Za-z.-]+)?$/;
const NEW_STATUSES = options(["DRAFT", "ACTIVE", "DEPRECATED"] satisfies VersionStatus[]);

export const NEW_VERSION: readonly Section[] = [
  {
    title: "",
    fields: [
      { name: "version", label: "Version", kind: "line", isRequired: true, placeholder: "1.0.0", description: "Unique in the model: a semantic version.", pattern: [SEMVER, "Give a semantic version such as 1.2.0 or 2.0.0-rc.1."] },
      { name: "alias", label: "Alias", kind: "line", placeholder: "production", description: "An alias to point at it. One that exists is moved." },
      { name: "contentHash", label: "Content hash", kind: "line", isRequired: true, description: "SHA-256 of what is published, as 64 hexadecimal digits. Unique in the model.", pattern: [/^[\dA-Fa-f]{64}$/, "Give 64 hexadecimal digits."] },
      { name: "applyRetention", label: "Apply retention", kind: "switch", description: "Then archive the versions that retention no longer keeps." },
    ],
  },
  ...versionFields("ACTIVE").map((section) => ({
    ...section,
    fields: section.fields.map((field) => (field.name === "status" ? { ...field, options: NEW_STATUSES, description: "Only an active or deprecated version is routed to." } : field)),
  })),
];

const BINDING_STATUSES = options(valuesOf<BindingStatus>({ PENDING: true, ACTIVE: true, DRAINING: true, DISABLED: true }));

const providerModelId: Field = { name: "providerModelId", label: "Model at the provider", kind: "line", isRequired: true, description: "The provider's name for the model." };

const BINDING_USE: readonly Field[] = [
  { name: "status", label: "Status", kind: "choice", isRequired: true, options: BINDING_STATUSES, description: "Only active bindings are routed to." },
  { ...region, description: "The region that serves it." },
  { name: "priority", label: "Priority", kind: "whole", isRequired: true, description: "A lower priority is tried first; 0 or more." },
  { name: "weight", label: "Weight", kind: "whole", isRequired: true, description: "Share of traffic within a priority, 0 to 1000." },
  { name: "sunsetOn", label: "Last day", kind: "day", description: "The last day (UTC) on which it is routable." },
];

const BINDING_LIMITS: readonly Field[] = [
  { name: "requestsPerMinute", label: "Requests a minute", kind: "whole", description: "How many it takes." },
  { name: "tokensPerMinute", label: "Tokens a minute", kind: "whole", description: "How many it takes." },
  ...LIMITS.map((field) => ({ ...field, description: "The provider's own. Empty: as the version." })),
  { name: "capabilities", label: "Capabilities", kind: "capabilities", description: "All that the model can do at this provider. Unknown: as the version." },
];

const BINDING_CALL: readonly Field[] = [
  { name: "endpoint", label: "Endpoint", kind: "url", description: "The URL to call. Empty: the provider's own." },
  { name: "credentialRef", label: "Credential reference", kind: "line", placeholder: "vault://...", description: "Where the secret is, never the secret: env://, vault://, aws-sm://, gcp-sm:// or k8s://." },
  { name: "config", label: "Settings", kind: "json", description: "Settings for calls to the provider as JSON, without secrets." },
];

export const OBSERVED: Section = {
  title: "Observed by hand",
  fields: [
    { name: "successRate", label: "Success rate by hand", kind: "number", description: "From 0 to 1. Shown while health knows none." },
    { name: "latencyMs", label: "Latency by hand, milliseconds", kind: "number", description: "Shown while health knows none." },
  ],
};

export const BINDING: readonly Section[] = [
  { title: "Use", fields: [providerModelId, ...BINDING_USE] },
  { title: "Limits", fields: BINDING_LIMITS },
  { title: "Calls", fields: BINDING_CALL },
];

/** What a field proposes; any other value can be typed. */
export type Proposed = { options: readonly string[]; isCut: boolean };

/** The description of a field, which says when not all values are proposed. */
export const proposing = (description: string, { options, isCut }: Proposed): string =>
  isCut ? `${description} The first ${options.length} are proposed: type any other one.` : description;

/** The fields of a new binding: of these versions, by these providers. */
export function newBindingFields(versions: Proposed, providers: Proposed): readonly Section[] {
  return [
    {
      title: "",
      fields: [
        { name: "version", label: "Version", kind: "suggested", isRequired: true, options: versions.options, description: proposing("The version that is served.", versions), pattern: [SEMVER, "Give a version of this model, such as 1.0.0."] },
        { name: "provider", label: "Provider", kind: "suggested", isRequired: true, options: providers.options, description: proposing("The provider's slug.", providers) },
        providerModelId,
      ],
    },
    { title: "Use", fields: BINDING_USE },
    { title: "Limits", fields: BINDING_LIMITS },
    { title: "Calls", fields: BINDING_CALL },
  ];
}
