"""How an operation is run: documents, limits, batching, cached responses. Nothing of HTTP."""
