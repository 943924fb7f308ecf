// Mercurius on Fastify with JIT, one loader per relation and prepared statements. Usage: mercurius.mjs PORT
import Fastify from 'fastify'
import mercurius from 'mercurius'
import pg from 'pg'

const TIMESTAMPTZ = 1184
const schema = `
  scalar JSON
  scalar DateTime
  type Provider { slug: String! }
  type Binding {
    id: ID! providerModelId: String! endpoint: String region: String status: String!
    priority: Int! weight: Int! latencyMs: Float successRate: Float provider: Provider!
  }
  type Version {
    id: ID! version: String! contentHash: String! region: String! evalScore: Float costPer1k: String
    sloLatencyMs: Int status: String! metadata: JSON createdAt: DateTime!
    bindings(first: Int!, status: String): [Binding!]!
  }
  type Model {
    id: ID! name: String! task: String! subject: String description: String
    revision: Int! createdAt: DateTime! updatedAt: DateTime!
    versions(first: Int!, status: String): [Version!]!
  }
  type Query {
    model(id: ID!): Model
    modelByName(name: String!): Model
    models(first: Int!, after: String): [Model!]!
  }
  type UpdateBindingPayload { binding: Binding }
  type Mutation { updateBinding(id: ID!, successRate: Float!, latencyMs: Float!): UpdateBindingPayload! }
`
const MODEL = 'id, name, task, subject, description, revision, created_at AS "createdAt", updated_at AS "updatedAt"'
const VERSION = `id, version, content_hash AS "contentHash", region, eval_score AS "evalScore",
  cost_per_1k AS "costPer1k", slo_latency_ms AS "sloLatencyMs", status, metadata, created_at AS "createdAt"`
const BINDING = `id, provider_model_id AS "providerModelId", endpoint, region, status, priority, weight,
  latency_ms AS "latencyMs", success_rate AS "successRate", provider_id AS "providerId"`

// The first rows of each parent by a LATERAL join: the fastest way to read one page per parent.
const pages = (columns, table, owner, order) => (condition) => `
  SELECT page.*, parent AS owner FROM unnest($1::uuid[]) WITH ORDINALITY AS parents (parent, position),
    LATERAL (SELECT ${columns} FROM ${table} WHERE ${owner} = parent ${condition} ORDER BY ${order} LIMIT $2) page
  ORDER BY position`
const versions = pages(`${VERSION}, number`, 'model_versions', 'model_id', 'number DESC')
const bindings = pages(BINDING, 'provider_bindings', 'version_id', 'priority, id')
const WITH_STATUS = 'AND status = $3'

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, min: 10, max: 10 })
// Timestamps stay text: a Date loses the microseconds, and takes longer to create and to print.
pg.types.setTypeParser(TIMESTAMPTZ, (text) => `${text.replace(' ', 'T')}:00`)

// node-postgres prepares a statement that has a name once per connection.
const rows = async (name, text, values) => (await pool.query({ name, text, values })).rows

function pageLoader (name, statement) {
  const unfiltered = statement('')
  const filtered = statement(WITH_STATUS)
  const loader = async (queries) => {
    const { first, status } = queries[0].params // one field of one document: the same for all parents
    const owners = queries.map(({ obj }) => obj.id)
    const children = status
      ? await rows(`${name} by status`, filtered, [owners, first, status])
      : await rows(name, unfiltered, [owners, first])
    const byOwner = new Map(owners.map((id) => [id, []]))
    for (const row of children) byOwner.get(row.owner).push(row)
    return owners.map((id) => byOwner.get(id))
  }
  return { loader, opts: { cache: false } } // the cache would copy and hash each parent
}

async function provider (queries) {
  const ids = [...new Set(queries.map(({ obj }) => obj.providerId))]
  const providers = await rows('providers', 'SELECT id, slug FROM providers WHERE id = ANY($1::uuid[])', [ids])
  const byId = new Map(providers.map((row) => [row.id, row]))
  return queries.map(({ obj }) => byId.get(obj.providerId))
}

const resolvers = {
  Query: {
    model: async (_, { id }) => (await rows('model', `SELECT ${MODEL} FROM models WHERE id = $1`, [id]))[0],
    modelByName: async (_, { name }) =>
      (await rows('model by name', `SELECT ${MODEL} FROM models WHERE name = $1`, [name]))[0],
    models: (_, { first, after }) =>
      after === undefined
        ? rows('first models', `SELECT ${MODEL} FROM models ORDER BY name LIMIT $1`, [first])
        : rows('models', `SELECT ${MODEL} FROM models WHERE name > $2 ORDER BY name LIMIT $1`, [first, after])
  },
  Mutation: {
    updateBinding: async (_, { id, successRate, latencyMs }) => {
      const [binding] = await rows('update binding', `UPDATE provider_bindings
        SET success_rate = $2, latency_ms = $3, revision = revision + 1, updated_at = now()
        WHERE id = $1 RETURNING ${BINDING}`, [id, successRate, latencyMs])
      return { binding }
    }
  }
}
const loaders = {
  Model: { versions: pageLoader('versions', versions) },
  Version: { bindings: pageLoader('bindings', bindings) },
  Binding: { provider: { loader: provider, opts: { cache: false } } }
}

const app = Fastify({ logger: false })
app.register(mercurius, { schema, resolvers, loaders, jit: 1, graphiql: false })
await app.listen({ port: Number(process.argv[2]), host: '127.0.0.1' })
