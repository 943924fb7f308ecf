import { integerOf, oneOf, type Readers } from "../../app/search";

export const TABS = ["versions", "bindings", "prices", "usage", "aliases", "catalogs", "audit"] as const;
export type Tab = (typeof TABS)[number];
export const DAYS = [1, 7, 30, 90] as const;

export type ModelSearch = {
  tab?: Tab;
  /** Of the usage: how many days back. */
  days?: number;
};

export const MODEL: Readers<ModelSearch> = { tab: oneOf(TABS), days: integerOf(DAYS) };
