"""HTTP and its transports: requests, responses, WebSocket, server-sent events, GraphiQL."""
