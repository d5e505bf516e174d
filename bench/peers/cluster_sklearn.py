"""python cluster_sklearn.py CHUNKS.tsv LABELS K SEED STARTS: the old system's features and k-means, in scikit-learn."""
import sys

import numpy as np
from sklearn.cluster import KMeans
from sklearn.feature_extraction.text import HashingVectorizer

chunks, labels, k, seed, starts = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:])
with open(chunks, encoding="utf-8", newline="\n") as lines:
    texts = [line.rstrip("\n").partition("\t")[2] for line in lines]

# Spark's features: how often each token occurs, and its own IDF; no scaling
hashing = HashingVectorizer(n_features=1000, token_pattern=r"\S+", norm=None, alternate_sign=False)
counts = hashing.transform(texts)
frequencies = np.bincount(counts.indices, minlength=counts.shape[1])
features = counts.multiply(np.log((len(texts) + 1) / (frequencies + 1))).tocsr()
found = KMeans(k, n_init=starts, max_iter=20, tol=1e-4, random_state=seed).fit_predict(features)
np.savetxt(labels, found, fmt="%d")
