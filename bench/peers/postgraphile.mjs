// PostGraphile 5 with its amber preset: an API generated from the tables. Usage: postgraphile.mjs PORT
import { createServer } from 'node:http'
import { grafserv } from 'postgraphile/grafserv/node'
import { makePgService } from 'postgraphile/adaptors/pg'
import { PostGraphileAmberPreset } from 'postgraphile/presets/amber'
import { postgraphile } from 'postgraphile'

const pgl = postgraphile({
  extends: [PostGraphileAmberPreset],
  // ten connections and prepared statements, like the other servers
  pgServices: [makePgService({ connectionString: process.env.DATABASE_URL, schemas: ['public'], poolConfig: { max: 10 } })],
  // It hides a relation without an index on exactly its columns. The index on version_id is enough for this relation.
  disablePlugins: ['PgIndexBehaviorsPlugin'],
  grafast: { explain: false },
  grafserv: { graphqlPath: '/graphql', graphiql: false, watch: false, websockets: false },
})
const server = createServer()
await pgl.createServ(grafserv).addTo(server)
if (process.env.PRINT_SCHEMA) {
  const { printSchema } = await import('graphql')
  console.log(printSchema(await pgl.getSchema()))
}
server.listen(Number(process.argv[2]), '127.0.0.1')
