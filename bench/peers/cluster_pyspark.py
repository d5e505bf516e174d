"""python cluster_pyspark.py CHUNKS.tsv LABELS K SEED: the old system's pipeline, on Spark with two threads."""
import sys

from pyspark.ml import Pipeline
from pyspark.ml.clustering import KMeans
from pyspark.ml.feature import IDF, HashingTF, Tokenizer
from pyspark.sql import SparkSession
from pyspark.sql.functions import monotonically_increasing_id, substring_index

chunks, labels, k, seed = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:])
settings = {"spark.driver.memory": "4g", "spark.ui.enabled": "false", "spark.log.level": "ERROR"}
spark = SparkSession.builder.master("local[2]").config(map=settings).getOrCreate()
texts = spark.read.text(chunks).select(
    monotonically_increasing_id().alias("line"), substring_index("value", "\t", -1).alias("chunk")
)
pipeline = Pipeline(
    stages=[
        Tokenizer(inputCol="chunk", outputCol="words"),
        HashingTF(inputCol="words", outputCol="counts", numFeatures=1000),
        IDF(inputCol="counts", outputCol="features"),
        KMeans(k=k, seed=seed, predictionCol="cluster"),
    ]
)
found = pipeline.fit(texts).transform(texts).select("line", "cluster").collect()
with open(labels, "w", encoding="ascii") as file:
    file.writelines(f"{cluster}\n" for _, cluster in sorted(found))

# whoever measures sees a process's memory only once it was waited for
jvm = spark.sparkContext._gateway.proc
spark.stop()
jvm.stdin.close()
jvm.wait()
