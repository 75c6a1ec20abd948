# The mock as a container: `docker build -t ainative-mockserver .`, then `docker compose up` or
#   docker run --rm -p 127.0.0.1:8000:8000 -v "$PWD/scenarios:/scenarios:ro" ainative-mockserver --scenario /scenarios
FROM python:3.13-slim AS build

WORKDIR /source
COPY pyproject.toml README.md LICENSE openapi.yaml ./
COPY mockserver mockserver
COPY contracts contracts
COPY scenarios scenarios
COPY extensions extensions
COPY docs docs
COPY client-profiles client-profiles
RUN python -m venv /opt/mockserver \
    && /opt/mockserver/bin/pip install --no-cache-dir ".[contract,redis,record]"

FROM python:3.13-slim

COPY --from=build /opt/mockserver /opt/mockserver

# An account without a name or a home: the mock writes no file, so its root can be read-only.
USER 10001:10001

# Only what `-p` or Compose publishes is reachable from outside. MOCKSERVER_TOKEN sets the control API's token.
ENV PATH=/opt/mockserver/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    MOCKSERVER_HOST=0.0.0.0 \
    MOCKSERVER_PORT=8000
EXPOSE 8000

# Ready means: the scenarios are loaded and requests are answered. The probe needs no token. Podman and Buildah ignore it
# without `--format docker`: images in the OCI format have no health check.
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f'http://127.0.0.1:{os.environ[\"MOCKSERVER_PORT\"]}/_mock/ready')"]

ENTRYPOINT ["mockserver", "serve"]
