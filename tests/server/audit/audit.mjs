// node audit.mjs URL [TOKEN]: prints how many audits pass, and each that does not; exits 1 if there is
// one. With a token, each request has it.
import { serverAudits } from 'graphql-http';

const [url, token] = process.argv.slice(2);
const fetchFn = (input, options = {}) => {
  const headers = new Headers(options.headers);
  if (token) headers.set('authorization', `Bearer ${token}`);
  return fetch(input, { ...options, headers });
};
const results = await Promise.all(serverAudits({ url, fetchFn }).map(({ fn }) => fn()));
const failed = results.filter(({ status }) => status !== 'ok');
for (const { id, name, status, reason } of failed) {
  console.error(`${status} ${id} ${name}: ${reason}`);
}
console.log(`${results.length - failed.length} of ${results.length}`);
process.exitCode = failed.length ? 1 : 0;
