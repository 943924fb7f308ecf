// Types of the API and of the page's documents, from the committed schema: a change of it breaks the build, not the page.
import type { CodegenConfig } from "@graphql-codegen/cli";

const config: CodegenConfig = {
  schema: "../schema/schema.graphql",
  documents: ["src/**/*.graphql"],
  generates: {
    "src/gql/": {
      preset: "client",
      presetConfig: {
        fragmentMasking: false,
        // The page names its documents by their hash; the texts are in the manifest alone, which the server reads.
        persistedDocuments: { mode: "replaceDocumentWithHash", hashAlgorithm: "sha256" },
      },
      config: {
        documentMode: "string",
        enumsAsTypes: true,
        useTypeImports: true,
        strictScalars: true,
        scalars: { BigInt: "string", Date: "string", DateTime: "string", Decimal: "string", JSON: "unknown", SHA256: "string", SemVer: "string", URL: "string" },
      },
    },
  },
};

export default config;
