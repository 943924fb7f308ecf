import type { Capability } from "../gql/graphql";

// A record, so that the build fails when the API has another value.
const NAMES: Record<Capability, string> = {
  TOOLS: "Tools",
  PARALLEL_TOOLS: "Parallel tools",
  JSON_SCHEMA: "JSON schema",
  VISION: "Vision",
  PDF_INPUT: "PDF input",
  AUDIO_INPUT: "Audio input",
  AUDIO_OUTPUT: "Audio output",
  REASONING: "Reasoning",
  PROMPT_CACHING: "Prompt caching",
  WEB_SEARCH: "Web search",
  COMPUTER_USE: "Computer use",
  STREAMING: "Streaming",
};

export const CAPABILITIES = Object.keys(NAMES) as Capability[];
export const capabilityName = (capability: Capability): string => NAMES[capability];
