// The pages and the parameters of their addresses.
import { AUDIT } from "../pages/audit/search";
import { COMPARE } from "../pages/compare/search";
import { MODEL } from "../pages/model/search";
import { MODELS } from "../pages/models/search";
import { PRICES } from "../pages/prices/search";
import { RETENTION } from "../pages/retention/search";
import { RETIREMENTS } from "../pages/retirements/search";
import { ROUTING } from "../pages/routing/search";
import { TOKENS } from "../pages/tokens/search";
import type { Readers, Search } from "./search";

/** By the id of the route. */
export const READERS = {
  "/": {},
  "/models": MODELS,
  "/models/$name": MODEL,
  "/compare": COMPARE,
  "/prices": PRICES,
  "/retirements": RETIREMENTS,
  "/routing": ROUTING,
  "/retention": RETENTION,
  "/audit": AUDIT,
  "/tokens": TOKENS,
} as const;

/** How the parameters of a page are read; undefined for an address that no page has. */
export const readersOf = (routeId: string | undefined): Readers<Search> | undefined =>
  (READERS as Record<string, Readers<Search>>)[routeId ?? ""];
