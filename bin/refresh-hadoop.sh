#!/bin/sh
exec "$(dirname "$(readlink -f "$0")")/textstream" refresh -r hadoop "${@:-hdfs:///user/hive/logs_text_stream.txt}"
