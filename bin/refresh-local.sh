#!/bin/sh
exec "$(dirname "$(readlink -f "$0")")/textstream" refresh -r local "${@:-logs_text_stream.txt}"
