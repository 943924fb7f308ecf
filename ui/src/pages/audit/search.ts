import type { Search } from "../../app/search";

export type AuditSearch = Record<string, never>;

export function auditSearch(_search: Search): AuditSearch {
  return {};
}
