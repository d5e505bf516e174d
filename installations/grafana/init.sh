#!/bin/sh
# Grafana at http://localhost:3000, with its data source and dashboards in place, and Prometheus at http://localhost:9090:
#
#   installations/grafana/init.sh              in containers, beside textstream's own (compose.yaml, profile observe)
#   installations/grafana/init.sh /etc/grafana for a Grafana that is installed here: writes below FOLDER/provisioning;
#                                              restart it afterwards (Debian: sudo systemctl restart grafana-server)
set -eu

here=$(cd "$(dirname "$0")" && pwd)

fail() {
  echo "init.sh: $1" >&2
  exit "$2"
}

provision() {
  [ -d "$1" ] || fail "there is no folder \"$1\"; give the one that holds grafana.ini, such as /etc/grafana" 2
  target=$1/provisioning
  mkdir -p "$target/datasources" "$target/dashboards" "$target/textstream"
  cp "$here"/dashboards/*.json "$target/textstream/"
  url=${TEXTSTREAM_PROMETHEUS_URL:-http://localhost:9090}
  sed "s|\$TEXTSTREAM_PROMETHEUS_URL|$url|" "$here/provisioning/datasources/prometheus.yml" \
    >"$target/datasources/textstream.yml"
  sed "s|\$TEXTSTREAM_DASHBOARDS|$target/textstream|" "$here/provisioning/dashboards/textstream.yml" \
    >"$target/dashboards/textstream.yml"
  echo "init.sh: Grafana will ask $url; restart it" >&2
}

case $# in
  0)
    command -v docker >/dev/null || fail "there is no docker; for a Grafana that is installed here: init.sh /etc/grafana" 1
    exec docker compose -f "$here/../../compose.yaml" --profile observe up -d --wait
    ;;
  1) provision "$1" ;;
  *) fail "one folder, or nothing" 2 ;;
esac
