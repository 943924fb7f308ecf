// Which prices can be withdrawn, by the rule of `withdrawPrice`: see docs/prices.md.
import { useRegistryQuery } from "../../app/queries";
import type { Component } from "../../components/priceComponents";
import { ModelCatalogNamesDocument } from "../../gql/graphql";
import type { Price } from "./pricePoints";

const WITHDRAWN = "withdrawn"; // the source of a price without components, where one was withdrawn and no other is known

/** `isEnabled`: whether somebody looks who may withdraw prices. */
export function useWithdrawable(isEnabled: boolean) {
  const { data, error } = useRegistryQuery(ModelCatalogNamesDocument, {}, { isTouched: ({ event }) => event.kind === "CATALOG", isEnabled });
  const catalogs = data && new Set(data.catalogs.nodes.map(({ name }) => name));
  const isInEffect = ({ scheduled, effectiveTo }: Price) => !scheduled && !effectiveTo;
  return {
    error,
    /** Whether there are catalogs whose names are not read: of their prices only the registry knows. */
    isCut: data?.catalogs.pageInfo.hasNextPage === true,
    /** Whether it is in effect, and what a catalog says: another price takes its place, or none. */
    isCatalogs: (price: Price): boolean => isInEffect(price) && price.source !== null && catalogs?.has(price.source) === true,
    /** Whether it takes effect later, or is an operator's in effect; one that has ended is history. */
    isWithdrawable: (price: Price, components: readonly Component[] | undefined): boolean => {
      if (price.scheduled || price.source === null) return price.scheduled || isInEffect(price);
      if (price.source === WITHDRAWN && components?.length === 0) return false;
      return isInEffect(price) && catalogs !== undefined && !catalogs.has(price.source);
    },
  };
}
