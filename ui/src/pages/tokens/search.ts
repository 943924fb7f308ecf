import { flag, type Readers } from "../../app/search";

export type TokensSearch = {
  /** Leaves revoked and expired tokens out. */
  valid?: true;
};

export const TOKENS: Readers<TokensSearch> = { valid: flag };
