# The image of the registry: GraphiQL is built, the environment comes from the lock file, and no build tools remain.
FROM node:22-slim AS ui
WORKDIR /ui
COPY ui/package.json ui/package-lock.json ui/.npmrc ./
RUN npm ci --no-progress
COPY ui ./
RUN npm run build

FROM python:3.13-slim AS environment
ENV UV_PYTHON_DOWNLOADS=never UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy
RUN pip install --no-cache-dir uv==0.13.9
WORKDIR /app
COPY pyproject.toml uv.lock README.md ./
RUN uv sync --locked --extra telemetry --no-default-groups --no-install-project
COPY server server
COPY schema schema
COPY resolvers resolvers
COPY db db
COPY archive archive
COPY domain domain
COPY migrations migrations
COPY catalogs catalogs
COPY planner planner
RUN uv sync --locked --extra telemetry --no-default-groups \
    && .venv/bin/python -m compileall -q server schema resolvers db archive domain migrations catalogs planner

FROM python:3.13-slim
# The embedded PostgreSQL, which runs without DATABASE_URL, needs a user with a name. The files of /app belong to root.
# All data is in /data: archives of old versions, and the embedded database. Mount a volume there.
RUN useradd --uid 10001 --user-group --home-dir /data --create-home --shell /usr/sbin/nologin registry
WORKDIR /app
COPY --from=environment /app /app
COPY --from=ui /ui/dist ui/dist
# It listens on all addresses of its container, so it requires tokens; its log says how to make the first one. It answers
# to localhost and to IP addresses. The names that clients use belong into REGISTRY_ALLOWED_HOSTS:
# docker run -e REGISTRY_ALLOWED_HOSTS=registry.example.com ...
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    REGISTRY_HOST=0.0.0.0 \
    REGISTRY_REQUIRE_TOKENS=true \
    REGISTRY_PORT=8003 \
    REGISTRY_DATA_DIR=/data
USER 10001:10001
EXPOSE 8003
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f\"http://127.0.0.1:{os.environ['REGISTRY_PORT']}/readyz\", timeout=4)"]
ENTRYPOINT ["registry"]
CMD ["serve", "--migrate"]
