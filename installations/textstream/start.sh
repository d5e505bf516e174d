#!/bin/sh
# What the container runs. `up` is reached from outside the container, so it needs a token: that of TEXTSTREAM_TOKEN, else
# one that is made at the first start and kept. Prometheus reads it in the volume that holds it.
set -eu

token_file=${TEXTSTREAM_TOKEN_FILE:-/run/textstream/token}

if [ "${1:-}" = up ]; then
  if [ -n "${TEXTSTREAM_TOKEN:-}" ]; then
    printf %s "$TEXTSTREAM_TOKEN" >"$token_file"
  elif [ ! -s "$token_file" ]; then
    node -p 'crypto.randomBytes(16).toString("hex")' | tr -d '\n' >"$token_file"
  fi
  TEXTSTREAM_TOKEN=$(cat "$token_file")
  export TEXTSTREAM_TOKEN
  echo "open once: http://localhost:4000/?token=$TEXTSTREAM_TOKEN" >&2
fi

exec textstream "$@"
