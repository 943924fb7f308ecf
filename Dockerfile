# The image of the registry: its wheel, in the environment that the lock file names. No build tools remain.
# Any image with Python 3.13 can be its base: docker build --build-arg PYTHON_IMAGE=...
ARG PYTHON_IMAGE=python:3.13-slim

FROM ${PYTHON_IMAGE} AS environment
ENV UV_PYTHON_DOWNLOADS=never UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy PATH=/opt/uv/bin:$PATH
RUN python3 -m venv /opt/uv && /opt/uv/bin/pip install --no-cache-dir uv==0.13.9
WORKDIR /app
COPY pyproject.toml uv.lock ./
RUN uv sync --locked --extra telemetry --no-default-groups --no-install-project
COPY hatch_build.py README.md LICENSE ./
COPY ui ui
COPY server server
COPY schema schema
COPY resolvers resolvers
COPY db db
COPY archive archive
COPY domain domain
COPY migrations migrations
COPY catalogs catalogs
COPY planner planner
# The commit that `registry --version` names.
ARG SOURCE_REVISION=""
RUN uv build --wheel --out-dir /dist && uv pip install --no-deps /dist/*.whl

FROM ${PYTHON_IMAGE}
# The embedded PostgreSQL, which runs without DATABASE_URL, needs a user with a name. The files of /app belong to root.
# All data is in /data: archives of old versions, and the embedded database. Mount a volume there.
RUN useradd --uid 10001 --user-group --home-dir /data --create-home --shell /usr/sbin/nologin registry
WORKDIR /app
COPY --from=environment /app/.venv .venv
ARG SOURCE_REVISION=""
LABEL org.opencontainers.image.title="Model Registry" \
    org.opencontainers.image.licenses="MIT" \
    org.opencontainers.image.revision="${SOURCE_REVISION}"
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
