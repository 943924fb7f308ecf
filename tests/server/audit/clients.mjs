// node clients.mjs URL TRANSPORT: runs the same operations with a client that others have written, with
// its default retries, and prints what it got as JSON.
import { EventSource } from 'eventsource';
import { createClient as createSseClient } from 'graphql-sse';
import { createClient as createWsClient } from 'graphql-ws';
import WebSocket from 'ws';

const [url, transport] = process.argv.slice(2);
const FIRST = 'ZXZlbnQ6MA'; // the cursor before the first event
const CREATE = 'mutation ($name: String!) { createModel(input: { name: $name, task: CHAT }) { model { name } } }';
const LIVE = 'subscription ($after: String) { registryChanged(after: $after) { cursor model { name } } }';
const ALIASES = `{ ${Array.from({ length: 31 }, (_, n) => `a${n}: __typename`).join(' ')} }`;
const PERSISTED = { extensions: { persistedQuery: { version: 1, sha256Hash: '0'.repeat(64) } } };
const REFUSALS = [{ query: '{ nope }' }, { query: ALIASES }, { query: LIVE, variables: { after: 'x' } }, PERSISTED];

// The results of an operation, at most `most` of them; an error is a result with `errors`.
function results(client, payload, most = Infinity) {
  return new Promise((resolve) => {
    const found = [];
    const stop = client.subscribe(payload, {
      next(result) {
        found.push(result);
        if (found.length === most) stop();
      },
      error(error) {
        found.push({ errors: Array.isArray(error) ? error : [{ message: String(error) }] });
        resolve(found);
      },
      complete: () => resolve(found),
    });
  });
}

function eventSource(payload, { fetch = globalThis.fetch, most = Infinity } = {}) {
  const query = new URLSearchParams({ query: payload.query ?? '' });
  for (const name of ['variables', 'extensions']) {
    if (payload[name]) query.set(name, JSON.stringify(payload[name]));
  }
  if (!payload.query) query.delete('query');
  return new Promise((resolve) => {
    const found = [];
    const source = new EventSource(`${url}?${query}`, { fetch });
    const end = () => {
      source.close();
      resolve(found);
    };
    source.addEventListener('next', ({ data }) => {
      found.push(JSON.parse(data));
      if (found.length === most) end();
    });
    source.addEventListener('complete', end);
  });
}

async function post(payload) {
  const headers = { 'content-type': 'application/json' };
  return (await fetch(url, { method: 'POST', headers, body: JSON.stringify(payload) })).json();
}

// A fetch whose first response breaks after the first result: the client connects again by itself.
function breaking(onBreak) {
  let isFirst = true;
  return async (address, options) => {
    const response = await fetch(address, options);
    if (!isFirst) return response;
    isFirst = false;
    const reader = response.body.getReader();
    const decoder = new TextDecoder();
    let text = '';
    const body = new ReadableStream({
      async pull(controller) {
        if (text.includes('event: next')) {
          await onBreak();
          await reader.cancel();
          controller.close();
          return;
        }
        const { value } = await reader.read();
        text += decoder.decode(value, { stream: true });
        controller.enqueue(value);
      },
    });
    // a Response of its own would have no url
    return { body, status: 200, url: response.url, redirected: false, headers: response.headers };
  };
}

const names = (found) => found.map(({ data }) => data.registryChanged.model.name);
const codes = (found) => [
  ...new Set(found.flatMap(({ errors }) => errors ?? []).map((error) => error.extensions?.code ?? error.message)),
];

async function withClient(client, refusals = REFUSALS) {
  const run = (payload, most) => results(client, payload, most);
  const create = async (name) => (await run({ query: CREATE, variables: { name } }))[0].data.createModel.model.name;
  const query = await run({ query: '{ __typename }' });
  const created = [await create('one')];
  const live = await run({ query: LIVE, variables: { after: FIRST } }, 1);
  created.push(await create('two'), await create('three'));
  const after = live[0].data.registryChanged.cursor;
  const resumed = await run({ query: LIVE, variables: { after } }, 2);
  const { registryRevision } = (await run({ query: '{ service { registryRevision } }' }))[0].data.service;
  created.push(await create('four'));
  const continued = await run({ query: LIVE, variables: { after: registryRevision } }, 1);
  const refused = [];
  for (const payload of refusals) {
    refused.push(codes(await run(payload)));
  }
  return { query, created, live: names(live), resumed: names(resumed), continued: names(continued), refused };
}

async function withEventSource() {
  const create = (name) => post({ query: CREATE, variables: { name } });
  const query = await eventSource({ query: '{ __typename }' });
  await create('one');
  const onBreak = async () => {
    await create('two');
    await create('three');
  };
  const payload = { query: LIVE, variables: { after: FIRST } };
  const [first, ...rest] = await eventSource(payload, { fetch: breaking(onBreak), most: 3 });
  const refused = [];
  for (const other of REFUSALS) {
    refused.push(codes(await eventSource(other)));
  }
  const mutation = await eventSource({ query: CREATE, variables: { name: 'never' } });
  return { query, live: names([first]), resumed: names(rest), refused, mutation: codes(mutation) };
}

async function withSingleConnection() {
  const client = createSseClient({ url, singleConnection: true, retryAttempts: 0 });
  const [{ errors }] = await results(client, { query: CREATE, variables: { name: 'never' } });
  return { refused: errors[0].message };
}

const TRANSPORTS = {
  'graphql-sse': () => withClient(createSseClient({ url })),
  // this client itself refuses to send an operation without a document
  'graphql-ws': () =>
    withClient(createWsClient({ url: url.replace('http', 'ws'), webSocketImpl: WebSocket }), REFUSALS.slice(0, 3)),
  'EventSource': withEventSource,
  'single connection': withSingleConnection,
};
console.log(JSON.stringify(await TRANSPORTS[transport]()));
process.exit(0);
