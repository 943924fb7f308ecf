import type { ReactNode } from "react";

/** The value, or a dash with the word for readers of the screen: null means unknown in the registry, not zero. */
export function Unknown({ value, children }: { value: unknown; children?: ReactNode }) {
  if (value !== null && value !== undefined) return <>{children ?? String(value)}</>;
  return <span title="unknown" aria-label="unknown" role="img">–</span>;
}
