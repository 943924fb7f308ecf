// One tab per examples/*.graphql, sorted by file name, with the variables of the .json file of the same name.
// The first tab has no variables: on a first visit GraphiQL takes its document, but not its variables.
const documents = import.meta.glob("../../examples/*.graphql", { query: "?raw", import: "default", eager: true });
const variables = import.meta.glob("../../examples/*.json", { query: "?raw", import: "default", eager: true });

export const examples = Object.keys(documents)
  .sort()
  .map((path) => ({
    query: documents[path],
    variables: variables[path.replace(/\.graphql$/, ".json")]?.trimEnd() ?? null,
  }));
