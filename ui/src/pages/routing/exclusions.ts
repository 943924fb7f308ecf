import type { ExclusionReason } from "../../gql/graphql";

/** Why a binding cannot take the call, as a sentence. */
export const EXCLUSIONS: Record<ExclusionReason, string> = {
  NOT_ACTIVE: "The binding is not active, or its version is neither active nor deprecated.",
  SUNSET: "The last day on which it was served has passed.",
  CIRCUIT_OPEN: "Its circuit lets no call through, or its trial is taken.",
  EXCLUDED: "You have left it out.",
  PROVIDER: "Its provider is none of those asked for.",
  REGION: "It is outside the region that is required, or its region is unknown.",
  CAPABILITY: "It lacks a capability that is asked for, or its capabilities are unknown.",
  CONTEXT_WINDOW: "Its context window is smaller than asked for, or unknown.",
  COST_UNKNOWN: "Its price is unknown, and the cost is limited.",
  COST: "It costs more than allowed.",
  LATENCY: "Its latency (p95) is above the limit, or unknown.",
  SUCCESS_RATE: "Its success rate is below the limit, or unknown.",
  EVAL_SCORE: "Its version's eval score is below the limit, or unknown.",
};
