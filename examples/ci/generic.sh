#!/usr/bin/env bash
# Any CI: start the mock, run a command against it, ask for the verdict, stop the mock.
#   examples/ci/generic.sh npm test
# The exit code is the command's, or the verdict's if the command succeeded.
set -euo pipefail

MOCKSERVER_TOKEN=$(python3 -c 'import secrets; print(secrets.token_urlsafe(24))')
export MOCKSERVER_TOKEN
mockserver serve --port "${MOCK_PORT:-0}" ${MOCK_SCENARIO:+--scenario "$MOCK_SCENARIO"} > mockserver.log 2>&1 &
mock=$!
trap 'kill "$mock" 2>/dev/null; wait "$mock" || true' EXIT

until url=$(sed -nE 's/^.* listens on (http:.*)$/\1/p' mockserver.log) && [ -n "$url" ]; do
  kill -0 "$mock" 2>/dev/null || { cat mockserver.log >&2; exit 2; }
  sleep 0.1
done

ANTHROPIC_BASE_URL=$url ANTHROPIC_API_KEY=sk_test OPENAI_BASE_URL=$url/api/v1 OPENAI_API_KEY=sk_test "$@"
mockserver verdict "$url/_mock/?token=$MOCKSERVER_TOKEN"
