// One tab per examples/*.graphql, in the order of the file names, with the variables of the .json beside it.
// The first has none: on a first visit GraphiQL takes the first tab's document, but not its variables.
const documents = import.meta.glob("../examples/*.graphql", { query: "?raw", import: "default", eager: true });
const variables = import.meta.glob("../examples/*.json", { query: "?raw", import: "default", eager: true });

export const examples = Object.keys(documents)
  .sort()
  .map((path) => ({
    query: documents[path],
    variables: variables[path.replace(/\.graphql$/, ".json")]?.trimEnd() ?? null,
  }));
