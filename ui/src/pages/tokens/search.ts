import { flag, type Search } from "../../app/search";

export type TokensSearch = {
  /** Leaves revoked and expired tokens out. */
  valid?: true;
};

export function tokensSearch(search: Search): TokensSearch {
  return { valid: flag(search.valid) };
}
