import { integerOf, one, oneOf, type Readers } from "../../app/search";

export const TABS = ["versions", "bindings", "prices", "usage", "aliases", "catalogs", "audit"] as const;
export type Tab = (typeof TABS)[number];
export const DAYS = [1, 7, 30, 90] as const;

const KIND = /^[A-Z0-9_]+\.[A-Z0-9_]+\.[A-Z0-9_]+\.\d+$/; // as kindKey of components/priceComponents.ts

export type ModelSearch = {
  tab?: Tab;
  /** Of the usage: how many days back. */
  days?: number;
  /** Which price the chart shows, such as INPUT.TOKENS_1K.BATCH.0. */
  price?: string;
};

export const MODEL: Readers<ModelSearch> = { tab: oneOf(TABS), days: integerOf(DAYS), price: one((given) => (KIND.test(given) ? given : undefined)) };
