// PostGraphile 5 with its amber preset: an API made from the tables. Usage: postgraphile.mjs PORT
import { createServer } from 'node:http'
import { grafserv } from 'postgraphile/grafserv/node'
import { makePgService } from 'postgraphile/adaptors/pg'
import { PostGraphileAmberPreset } from 'postgraphile/presets/amber'
import { postgraphile } from 'postgraphile'

const pgl = postgraphile({
  extends: [PostGraphileAmberPreset],
  // as with the other servers: ten connections, prepared statements
  pgServices: [makePgService({ connectionString: process.env.DATABASE_URL, schemas: ['public'], poolConfig: { max: 10 } })],
  // it hides a relation whose columns no single index leads with; the index on version_id serves this one
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
