#!/bin/sh
# What the containers of compose.yaml run: writes the configuration from conf/, formats what is new, becomes the daemon.
#
#   start.sh DAEMON         in a container
#   start.sh conf FOLDER    only writes the configuration, for a client on this machine: HADOOP_CONF_DIR=FOLDER
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)

rules='
s|{{conf}}|/etc/hadoop|g
s|{{lib}}|/opt/hadoop/jars|g
s|{{archive}}|/opt/hadoop/jars.jsa|g
s|{{logs}}|/var/log/hadoop|g
s|{{data\.nodemanager}}/tmp|/tmp/hadoop-${user.name}|g
s|{{data\.\([a-z]*\)}}|/data/\1|g
s|127\.0\.0\.1:{{ports\.datanode}}|0.0.0.0:9866|
s|127\.0\.0\.1:{{ports\.datanode-http}}|0.0.0.0:9864|
s|{{ports\.namenode}}|9820|
s|{{ports\.namenode-http}}|9870|
s|{{ports\.datanode-ipc}}|9867|
s|{{ports\.resourcemanager}}|8032|
s|{{ports\.resourcemanager-scheduler}}|8030|
s|{{ports\.resourcemanager-tracker}}|8031|
s|{{ports\.resourcemanager-admin}}|8033|
s|{{ports\.resourcemanager-http}}|8088|
s|{{ports\.nodemanager}}|8041|
s|{{ports\.nodemanager-localizer}}|8040|
s|{{ports\.nodemanager-http}}|8042|
s|{{ports\.shuffle}}|13562|
s|{{ports\.history}}|10020|
s|{{ports\.history-admin}}|10033|
s|{{ports\.history-http}}|19888|
'

property() { printf '<property><name>%s</name><value>%s</value></property>' "$1" "$2"; }

# A published port is not on the container's loopback. A client asks a job's application master, too. Who has no
# account in the container shall use HDFS all the same.
more_of() {
  case $1 in
    hdfs-site.xml)
      property dfs.namenode.rpc-bind-host 0.0.0.0
      property dfs.namenode.http-bind-host 0.0.0.0
      property dfs.permissions.enabled false
      ;;
    yarn-site.xml)
      property yarn.resourcemanager.bind-host 0.0.0.0
      property yarn.nodemanager.bind-host 0.0.0.0
      ;;
    mapred-site.xml)
      property mapreduce.jobhistory.bind-host 0.0.0.0
      property yarn.app.mapreduce.am.job.client.port-range 50100-50109
      ;;
  esac
}

write_conf() {
  mkdir -p "$1"
  for template in "$here"/conf/*; do
    name=${template##*/}
    sed -e "$rules" -e "s|</configuration>|$(more_of "$name")</configuration>|" "$template" >"$1/$name"
  done
}

# Formatted under another name, so that it is whole or not there.
format() {
  [ ! -d /data/namenode/current ] || return 0
  rm -rf /data/namenode/new
  hdfs namenode -Ddfs.namenode.name.dir=/data/namenode/new -format -nonInteractive -force
  mv /data/namenode/new/current /data/namenode/current
  rmdir /data/namenode/new
}

# Before the history server makes them so that only it can enter.
make_shared_folders() {
  hdfs dfs -mkdir -p /tmp/hadoop-yarn/staging
  hdfs dfs -chmod 1777 /tmp /tmp/hadoop-yarn/staging
}

[ "$1" != conf ] || { write_conf "$2"; exit; }
write_conf "$HADOOP_CONF_DIR"
case $1 in
  namenode) format; exec hdfs namenode ;;
  datanode) exec hdfs datanode ;;
  resourcemanager) exec yarn resourcemanager ;;
  nodemanager) exec yarn nodemanager ;;
  history) make_shared_folders; exec mapred historyserver ;;
  *) exec "$@" ;;
esac
