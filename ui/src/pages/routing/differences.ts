// What differs between two answers of one model, in words.
import type { RouteBindingPartsFragment, RoutePartsFragment } from "../../gql/graphql";
import { dollars } from "../../components/numbers";
import { words } from "../../components/words";

export type Binding = RouteBindingPartsFragment;

/** `bindingId` is empty for what is about the whole route. */
export type Difference = { bindingId: string; name: string; text: string };

type Place = {
  binding: Binding;
  rank: number | null;
  cost: string | null;
  reason: string | null;
  retryAt: string | null;
};

export function bindingName({ providerName, region }: Binding): string {
  return region ? `${providerName}, ${region}` : providerName;
}

export function differences(before: RoutePartsFragment, after: RoutePartsFragment): Difference[] {
  if (before.versionLabel !== after.versionLabel) {
    return [{ bindingId: "", name: "Version", text: `${before.versionLabel} → ${after.versionLabel}` }];
  }
  const [old, now] = [placesOf(before), placesOf(after)];
  const found = [...now].flatMap(([id, place]) => moves(old.get(id), place).map((text) => difference(place, text)));
  for (const [id, place] of old) if (!now.has(id)) found.push(difference(place, goneText(after)));
  return found;
}

function placesOf(route: RoutePartsFragment): Map<string, Place> {
  const candidates = route.candidates.map(({ binding, rank, expectedCost }) => ({
    ...{ binding, rank, cost: expectedCost, reason: null, retryAt: null },
  }));
  const excluded = route.excluded.map(({ binding, reason, retryAt }) => ({
    ...{ binding, rank: null, cost: null, reason: words(reason), retryAt },
  }));
  return new Map([...candidates, ...excluded].map((place) => [place.binding.id, place]));
}

const difference = ({ binding }: Place, text: string): Difference => ({
  bindingId: binding.id,
  name: bindingName(binding),
  text,
});

function goneText({ candidateCount, candidates }: RoutePartsFragment): string {
  return candidateCount > candidates.length ? "not among the candidates shown any more" : "gone";
}

function moves(old: Place | undefined, now: Place): string[] {
  if (!old) return [now.rank === null ? `new, excluded: ${now.reason}` : `new, rank ${now.rank}`];
  if (now.rank === null) return exclusionMoves(old, now);
  if (old.rank === null) return [`candidate again, rank ${now.rank} (was excluded: ${old.reason})`];
  const circuits = [old, now].map(({ binding }) => words(binding.health.circuit.state));
  return [
    changed("rank", old.rank, now.rank),
    changed("expected cost", usd(old.cost), usd(now.cost)),
    changed("circuit", ...(circuits as [string, string])),
  ].filter((text) => text !== null);
}

function exclusionMoves(old: Place, now: Place): string[] {
  if (old.rank !== null) return [`excluded: ${now.reason} (was rank ${old.rank})`];
  if (old.reason !== now.reason) return [`excluded: ${old.reason} → ${now.reason}`];
  return old.retryAt === now.retryAt ? [] : ["circuit: another time to retry"];
}

function changed(name: string, old: string | number, now: string | number): string | null {
  return old === now ? null : `${name} ${old} → ${now}`;
}

const usd = (cost: string | null) => (cost === null ? "unknown" : dollars(cost));
