"""Makes classic-features.json with a real Spark: pyspark==4.2.0 on Java 17 (pip install pyspark==4.2.0).

    python test/cases/make-classic-features.py > test/cases/classic-features.json

Each text goes through Tokenizer, HashingTF(1000) and an IDF fitted on all of them. Java's default locale is set to the
root one: what Spark's Tokenizer lowers depends on it.
"""

import json
import random
import sys

from pyspark.ml.feature import IDF, HashingTF, Tokenizer
from pyspark.sql import SparkSession

DIMENSIONS = 1000


def upper_cases():
    """Every character that is another one in lower case, on its own and behind a sharp s."""
    every = [chr(c) for c in range(0x80, 0x110000) if not 0xD800 <= c < 0xE000]
    cased = [c for c in every if c.lower() != c]
    return [" ".join(cased), " ".join("ß" + c for c in cased)]


def words_of_every_length():
    """Tails of 0 to 3 bytes, with bytes that are negative in Java."""
    ends = ["", "x", "ÿ", "é", "한", "😀", "\u0080", "\u07ff", "\uffff", "\U0010ffff"]
    return [" ".join("a" * n + end + "é" * m for n in range(9) for m in range(3)) for end in ends]


def at_random(count, alphabet, length, seed):
    chance = random.Random(seed)
    return ["".join(chance.choices(alphabet, k=chance.randint(0, length))) for _ in range(count)]


SIGMAS = [
    "ΟΔΟΣ", "ΟΔΟΣ.", "Σ", "ΑΣ ΣΑ", "ΣΣΣ", "ΑΣ\u0301", "Α\u0301Σ", "ΑΣΑ", "1Σ", "Σ1", "Α1Σ", "ΑΣ1Α", "Α-Σ", "ΑΣ-Α",
    "Α'Σ", "ΑΣ'Α", "Α.Σ.", "ΑΣ.Α", "ΑΣ. Α", "Α..Σ", "Α Σ", "ΑΣ\u2019Α", "ΑΣ,Α", "ΑΣ:Α", "Α_Σ", "ΑΣ\u00adΑ", "Α\u200dΣ",
    "\"ΟΔΟΣ\"", "(ΟΔΟΣ)", "ΟΔΟΣ;", "ΟΔΥΣΣΕΥΣ ΚΑΙ ΣΙΣΥΦΟΣ", "日Σ", "ΑΣ日", "ªΣ", "😀Σ", "ΑΣ😀", "ŉΣ", "ΟΔΟΣ\nΟΔΟΣ\tΟΔΟΣ",
]  # fmt: skip

TEXTS = [
    "", " ", "   ", "\n", "a", " a", "a ", "  a  b  ", "\ta\t\tb\t", "a\r\nb\r\n", "a\x0bb\x0cc", "a\x1cb\x1db\x1eb\x1fb",
    "a\u00a0b", "a\u2028b\u2029c", "a\u0085b", "a\u3000b", "a\u1680b\u2007c\u202fd", "\ufeffa", "a\u200bb", "\x00", "a\x00b \x00\x00",
    "Hi I heard about Spark", "I wish Java could use case classes", "Logistic regression models are neat",
    "It was the best of times, it was the worst of times; it was the age of wisdom ...",
    "DON'T \"quote\" me -- 'please' \\n %s $1 {} '; DROP TABLE chunks_clustered; --", "<script>alert(1)</script> ../../etc/passwd",
    "İstanbul IĞDIR ıŞıK İ İİ", "ÅÄÖ Åäö Å", "STRASSE Straße ẞ", "ǅ Ǆ ǆ ǈ", "Ω Å K ſ", "ͅ ΐ ὟͅΑ ᾺΙ ᾼ ῼ",
    "日本語 のテキスト 中文 한국어 ไทย", "العربية עברית हिन्दी", "👩\u200d💻 😀😀 🇩🇪 e\u0301 É", "\U00010400\U00010427 \U0001e900 𝐀𝔸",
    "a " * 300, "a" * 5000, "word " * 40 + "Word WORD", "é" * 1001,
    *SIGMAS, *words_of_every_length(), *upper_cases(),
    *at_random(40, "aAbBΣσéÉİ \t\n\u00a0日😀\x00.", 40, 1),
    *at_random(40, [chr(c) for c in range(0x80)], 60, 2),
    *at_random(20, [chr(c) for c in range(0x80, 0x800)], 40, 3),
    *at_random(20, [" ", *[chr(c) for c in [*range(0x800, 0xD800), *range(0xE000, 0x1F000)]]], 30, 4),
]  # fmt: skip


def sparse(vector):
    return [[int(i), float(v)] for i, v in zip(vector.indices, vector.values)]


def case(text, row):
    counts = [[i, int(v)] for i, v in sparse(row.counts)]
    return {"text": text, "counts": counts, "tfidf": [v for _, v in sparse(row.tfidf)]}


def main():
    spark = (
        SparkSession.builder.master("local[1]")
        .config("spark.driver.extraJavaOptions", "-Duser.language= -Duser.country=")
        .config("spark.ui.enabled", "false")
        .getOrCreate()
    )
    texts = spark.createDataFrame(list(enumerate(TEXTS)), "id int, text string").coalesce(1)
    tokens = Tokenizer(inputCol="text", outputCol="tokens").transform(texts)
    counts = HashingTF(inputCol="tokens", outputCol="counts", numFeatures=DIMENSIONS).transform(tokens)
    rows = IDF(inputCol="counts", outputCol="tfidf").fit(counts).transform(counts).orderBy("id").collect()
    java = spark._jvm.java.lang.System.getProperty("java.version")
    about = f"Texts and their features by Spark {spark.version} on Java {java}: made by make-classic-features.py. counts: [term, times]; tfidf: one per term, in the same order, by an IDF of all these texts."
    cases = [json.dumps(case(text, row)) for text, row in zip(TEXTS, rows)]
    sys.stdout.write('{\n  "about": %s,\n  "cases": [\n    %s\n  ]\n}\n' % (json.dumps(about), ",\n    ".join(cases)))


main()
