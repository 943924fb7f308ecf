// Writes into a registry with the catalog of a first start what one in use has, by the public API: for pictures.
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const PRODUCTION = ["gpt-4o", "gpt-4o-mini", "claude-sonnet-4-5", "gemini-2.5-pro", "claude-opus-5", "gpt-5"];
const ENDING = { "claude-3-7-sonnet": 20, "claude-sonnet-4": 45, "gpt-4o-mini": 75 }; // in so many days
const BAD = "azure"; // whose calls fail
const PROVIDERS = ["openai", "anthropic", "google", "azure", "aws", "groq", "openrouter"];
const STRICT = "gpt-4o"; // whose target for latency is missed
const ROLLUPS_AT_ONCE = 300; // a body has at most 256 KB
const BOUNDS = [250, 500, 1000, 2000, 4000];

export async function prepare(address) {
  const ask = asking(address);
  for (const name of PRODUCTION) await aliasesOf(ask, name);
  for (const [name, days] of Object.entries(ENDING)) await endingOf(ask, name, days);
  const bindings = await bindingsOf(ask);
  await succeed(ask, bindings);
  await fail(ask, bindings.filter(({ provider }) => provider.slug === BAD).slice(0, 3));
}

/** Asks the API; throws for errors, and for refusals of a write. */
function asking(address) {
  return async (query, variables = {}) => {
    const response = await fetch(`${address}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query, variables }),
    });
    const { data, errors } = await response.json();
    const refused = Object.values(data ?? {}).flatMap((payload) => payload?.userErrors ?? []);
    if (errors || refused.length > 0) throw new Error(JSON.stringify(errors ?? refused).slice(0, 1_000));
    return data;
  };
}

/** The newest versions of a model, newest first. */
async function versionsOf(ask, name) {
  const { model } = await ask(
    `query Versions($name: String!) { model(by: { name: $name }) { versions(first: 4) { nodes { id } } } }`,
    { name },
  );
  return model.versions.nodes;
}

/** The alias production and, where there is an older version, a move of it from there. */
async function aliasesOf(ask, name) {
  const [newest, older] = await versionsOf(ask, name);
  for (const { id } of [older, newest].filter(Boolean)) {
    await ask(
      `mutation Move($name: String!, $id: ID!) {
        setAlias(input: { model: { name: $name }, alias: "production", version: { id: $id } }) { userErrors { message } }
      }`,
      { name, id },
    );
  }
  await change(ask, newest.id, { sloLatencyMs: name === STRICT ? 400 : 6000, sloSuccessRate: 0.9 });
}

async function endingOf(ask, name, days) {
  const [{ id }] = await versionsOf(ask, name);
  const day = (from) => new Date(Date.now() + from * DAY_MS).toISOString().slice(0, 10);
  await change(ask, id, { deprecatedOn: day(days - 90), sunsetOn: day(days) });
}

async function change(ask, id, changes) {
  await ask(`mutation Change($input: UpdateVersionInput!) { updateVersion(input: $input) { userErrors { message } } }`, {
    input: { version: { id }, ...changes },
  });
}

/** Bindings of each of these providers, and all of the models in production. */
async function bindingsOf(ask) {
  const filters = PROVIDERS.map((slug) => ({ providers: [slug] }));
  for (const name of PRODUCTION) filters.push({ versions: (await versionsOf(ask, name)).map(({ id }) => id) });
  const found = new Map();
  for (const filter of filters) {
    const { bindings } = await ask(
      `query Bindings($filter: BindingFilter!) { bindings(first: 40, filter: $filter) { nodes { id provider { slug } } } }`,
      { filter },
    );
    for (const binding of bindings.nodes) found.set(binding.id, binding);
  }
  return [...found.values()];
}

/** Calls of the last minutes, for health, and of the hours before, for usage: the same in each run. */
async function succeed(ask, bindings) {
  const now = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS;
  const rollups = [];
  bindings.forEach(({ id, provider }, place) => {
    for (const back of [1, 3, 5, 8, 60, 240, 480, 720, 1080]) {
      const minute = new Date(now - back * MINUTE_MS).toISOString();
      rollups.push(success(id, minute, 60 + ((place * 7 + back) % 40)));
      const failures = provider.slug === BAD ? 6 : place % 5 === 0 ? 1 : 0;
      if (failures) rollups.push({ binding: id, minute, outcome: "UPSTREAM_ERROR", count: failures });
    }
  });
  for (let from = 0; from < rollups.length; from += ROLLUPS_AT_ONCE) {
    await report(ask, { rollups: rollups.slice(from, from + ROLLUPS_AT_ONCE) });
  }
}

function success(binding, minute, count) {
  const counts = [0.1, 0.4, 0.3, 0.12, 0.05].map((share) => Math.floor(count * share));
  const rest = count - counts.reduce((sum, each) => sum + each, 0);
  const middles = [180, 380, 740, 1_400, 2_900, 4_500];
  const all = [...counts, rest];
  const sum = all.reduce((total, each, place) => total + each * middles[place], 0);
  return {
    binding, minute, outcome: "SUCCESS", count,
    latencyMs: { bounds: BOUNDS, counts: all, sum },
    inputTokens: String(count * 1_400), outputTokens: String(count * 320), costUsd: (count * 0.0062).toFixed(4),
  };
}

/** Enough failures in a row to open a circuit. */
async function fail(ask, bindings) {
  const at = new Date().toISOString();
  const items = bindings.flatMap(({ id }) => Array.from({ length: 6 }, () => ({ binding: id, at, outcome: "TIMEOUT" })));
  await report(ask, { items });
}

async function report(ask, input) {
  await ask(`mutation Report($input: ReportOutcomesInput!) { reportOutcomes(input: $input) { userErrors { message path } } }`, {
    input,
  });
}
