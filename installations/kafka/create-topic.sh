#!/bin/sh
# Makes the topic in the broker of compose.yaml; one that is there is left as it is.
#
#   installations/kafka/create-topic.sh [NAME [PARTITIONS]]
#
# Without Docker: textstream stack topic NAME
set -eu
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd -P)
exec docker compose -f "$here/compose.yaml" exec -T broker /opt/kafka/bin/kafka-topics.sh \
  --bootstrap-server localhost:9092 --create --if-not-exists \
  --topic "${1:-chunks}" --partitions "${2:-4}" --replication-factor 1 \
  --config max.message.bytes=17825792 --config retention.ms=-1 --config retention.bytes=-1
