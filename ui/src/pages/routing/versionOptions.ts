import { words } from "../../components/words";
import type { RoutingPageQuery } from "../../gql/graphql";

type Option = { value: string; label: string };

/** Says that not all versions can be chosen; undefined when they can. */
export function versionsNote(model: RoutingPageQuery["model"] | undefined): string | undefined {
  if (!model?.versions.pageInfo.hasNextPage) return undefined;
  return `The ${model.versions.nodes.length} newest versions are listed. Select another one in the address, such as select=version:1.0.0.`;
}

/** What can select a version of a model; also what the address says, should it be none of them. */
export function versionOptions(model: RoutingPageQuery["model"] | undefined, select: string | undefined) {
  const versions = (model?.versions.nodes ?? []).map(({ version, status }): Option => {
    const state = status === "ACTIVE" ? "" : `, ${words(status)}`;
    return { value: `version:${version}`, label: `${version}${state}` };
  });
  const aliases = (model?.aliases ?? []).map(({ name }): Option => ({ value: `alias:${name}`, label: `alias ${name}` }));
  const groups = [
    { group: "Moves with releases", items: [{ value: "latest", label: "the latest" }, ...aliases] },
    { group: "One version", items: versions },
  ];
  const isKnown = !select || groups.some(({ items }) => items.some(({ value }) => value === select));
  return isKnown ? groups : [...groups, { group: "From the address", items: [{ value: select, label: select.replace(":", " ") }] }];
}
