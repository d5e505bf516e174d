"""The old system's consumer on PySpark: a model for every micro-batch, and its rows into a Hive table.

python consume_pyspark.py PROPERTIES JARS KAFKA TOPIC TABLE CHECKPOINT ROWS
"""
import json
import sys
import time

from pyspark.ml import Pipeline
from pyspark.ml.clustering import KMeans
from pyspark.ml.feature import IDF, HashingTF, Tokenizer
from pyspark.sql import SparkSession
from pyspark.sql.functions import coalesce, col, from_json, lit, regexp_replace

began = time.monotonic()
properties, jars, kafka, topic, table, checkpoint, rows = sys.argv[1:]

# of the stack's server, but for what only a server needs
ours = ("spark.connect.", "spark.ui.", "spark.local.dir", "spark.master", "spark.executor.", "spark.port.")
settings = {"spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false", "spark.log.level": "ERROR", "spark.jars": jars}
settings |= {"spark.driver.memory": "1500m", "spark.driver.extraJavaOptions": "-Duser.timezone=UTC"}
with open(properties, encoding="utf-8") as lines:
    for line in lines:
        name, _, value = line.strip().partition("=")
        if value and not name.startswith(("#", *ours)):
            settings[name] = value
spark = SparkSession.builder.master("local[*]").config(map=settings).enableHiveSupport().getOrCreate()
ready = time.monotonic() - began

columns = "agent_id string, destination_uri string, event_time string, chunk string"
spark.sql(f"CREATE EXTERNAL TABLE IF NOT EXISTS {table} ({columns}, cluster string) STORED AS PARQUET LOCATION '{checkpoint}/table'")
batches = 0


def write(batch, _):
    global batches
    batches += 1
    stages = [
        Tokenizer(inputCol="chunk", outputCol="words"),
        HashingTF(inputCol="words", outputCol="counts", numFeatures=1000),
        IDF(inputCol="counts", outputCol="features"),
        KMeans(k=5, seed=42, predictionCol="cluster"),
    ]
    found = Pipeline(stages=stages).fit(batch).transform(batch)
    text = regexp_replace("chunk", "[^a-zA-Z0-9 ]", "").alias("chunk")
    found.select("agent_id", "destination_uri", "event_time", text, col("cluster").cast("string")).write.insertInto(table)


read = spark.readStream.format("kafka").option("kafka.bootstrap.servers", kafka).option("subscribe", topic)
read = read.option("startingOffsets", "earliest").option("maxOffsetsPerTrigger", rows).load()
fields = read.select(from_json(col("value").cast("string"), columns).alias("r")).select("r.*")
chunks = fields.withColumn("chunk", coalesce("chunk", lit("")))
query = chunks.writeStream.foreachBatch(write).option("checkpointLocation", f"{checkpoint}/checkpoint")
query.trigger(availableNow=True).start().awaitTermination()
written = spark.table(table).count()
print(json.dumps({"readySeconds": ready, "batches": batches, "rows": written}))

# whoever measures sees a process's memory only once it was waited for
jvm = spark.sparkContext._gateway.proc
spark.stop()
jvm.stdin.close()
jvm.wait()
