// What each provider asks for each model, and how it serves it.
import { Text } from "@mantine/core";

import { StateBadge } from "../../components/Badges";
import { compareDecimals } from "../../components/decimals";
import { milliseconds, percent } from "../../components/numbers";
import { componentText } from "../../components/priceComponents";
import { TextLink } from "../../components/TextLink";
import { type OfferedPrice, Prices, PRICES_MAX, pricesOf, whichBinding } from "./lowest";
import { cell, type Cell, marked, type Model, row, type Row } from "./rows";

type Binding = Model["bindings"]["nodes"][number];

const BINDINGS_SHOWN = 3; // of one provider

/** A row for each provider that serves any of the models. */
export function providerRows(models: readonly Model[]): Row[] {
  const names = new Map(models.flatMap(({ bindings, offeredPrices }) => [...bindings.nodes, ...offeredPrices].map((each) => [each.providerSlug, each.providerName] as const)));
  const rows = [...names].sort(([, a], [, b]) => a.localeCompare(b));
  return rows.map(([slug, name]) => row(`At ${name}`, models.map((model) => providerCell(model, slug))));
}

function providerCell(model: Model, slug: string): Cell {
  const { name, bindings } = model;
  const own = bindings.nodes.filter(({ providerSlug }) => providerSlug === slug);
  const lowest = pricesOf(model, { providerSlug: slug });
  const [isCut, more] = [bindings.pageInfo.hasNextPage, own.length - BINDINGS_SHOWN];
  if (own.length + lowest.length === 0) {
    const shown = isCut ? `not among the first ${bindings.nodes.length} bindings` : "not offered";
    return { key: "none", shown: <Text span size="sm" c="dimmed">{shown}</Text> };
  }
  const prices = own.map((binding) => keyOf(pricesOf(model, binding)));
  return {
    key: [...prices, ...(isCut ? [keyOf(lowest)] : [])].sort().join(", "),
    shown: (
      <ul className="compare-list">
        {isCut && lowest.length > 0 && <li>lowest: <Prices of={lowest} /></li>}
        {own.slice(0, BINDINGS_SHOWN).map((binding) => <li key={binding.id}><Offer binding={binding} model={model} /></li>)}
        {(more > 0 || isCut) && <li><TextLink to="/models/$name" params={{ name }} search={{ tab: "bindings" }}>{isCut ? "all bindings" : `and ${more} more`}</TextLink></li>}
      </ul>
    ),
  };
}

/** Whether two offers are the same: they ask the same in each tier and variant, and for each meter. */
const keyOf = (prices: readonly OfferedPrice[]): string => prices.map(componentText).join("; ") || "unknown";

function Offer({ binding, model }: { binding: Binding; model: Model }) {
  const { versionLabel, routable, health } = binding;
  const prices = pricesOf(model, binding);
  const isRead = prices.length > 0 || model.offeredPrices.length < PRICES_MAX;
  return (
    <>
      {prices.length > 0 ? <Prices of={prices} /> : <span>{isRead ? "price unknown" : "price not read"}</span>}{" "}
      <Text span size="xs" c="dimmed">{whichBinding(binding)}, version {versionLabel}</Text>{" "}
      {!routable && <Text span size="xs" fw={600}>cannot be called now</Text>}{" "}
      {health.state !== "UNKNOWN" && <StateBadge state={health.state} />}
    </>
  );
}

type Value = string | null | undefined;

/** The best health of the bindings that are read. It is no one's best where there are others, and says so. */
function bestOfRead(title: string, models: readonly Model[], mark: "lowest" | "largest", show: (value: string) => string, value: (binding: Binding) => Value): Row {
  const cells = models.map(({ bindings: { nodes, pageInfo } }) => {
    const known = nodes.map(value).filter((each) => typeof each === "string").toSorted(compareDecimals);
    const found = mark === "lowest" ? known[0] : known.at(-1);
    if (!pageInfo.hasNextPage) return cell(found, found && show(found));
    return { key: `${found} of the first`, shown: `${found ? show(found) : "unknown"} among the first ${nodes.length} bindings` };
  });
  const isCut = models.some(({ bindings }) => bindings.pageInfo.hasNextPage);
  return row(title, isCut ? cells : marked(cells, mark));
}

const STATES = ["HEALTHY", "DEGRADED", "UNHEALTHY", "UNKNOWN"] as const;

/** The health of the bindings together. */
export function healthRows(models: readonly Model[]): Row[] {
  const states = ({ bindings: { nodes, pageInfo } }: Model): Cell => {
    const counts = STATES.map((state) => [state, nodes.filter(({ health }) => health.state === state).length] as const);
    const text = counts.filter(([, found]) => found > 0).map(([state, found]) => `${found} ${state.toLowerCase()}`).join(", ");
    return cell((text || "no bindings") + (pageInfo.hasNextPage ? ` among the first ${nodes.length} bindings` : ""));
  };
  const circuits = ({ bindings: { nodes, pageInfo } }: Model): Cell => {
    const open = nodes.filter(({ health }) => health.circuit.state !== "CLOSED");
    const text = open.map(({ providerSlug, health }) => `${providerSlug}: ${health.circuit.state.toLowerCase().replace("_", " ")}`).join(", ");
    return cell((text || "all closed") + (pageInfo.hasNextPage ? ` among the first ${nodes.length} bindings` : ""));
  };
  const best = (title: string, value: (binding: Binding) => number | null, mark: "lowest" | "largest", show: (value: number) => string) =>
    bestOfRead(title, models, mark, (text) => show(Number(text)), (binding) => value(binding)?.toFixed(20));
  return [
    row("Bindings by health", models.map(states)),
    row("Circuits", models.map(circuits)),
    best("Best median latency", ({ health }) => health.latencyMsP50, "lowest", milliseconds),
    best("Best success rate", ({ health }) => health.successRate, "largest", percent),
    best("Best time to the first token", ({ health }) => health.ttftMsP50, "lowest", milliseconds),
  ];
}
