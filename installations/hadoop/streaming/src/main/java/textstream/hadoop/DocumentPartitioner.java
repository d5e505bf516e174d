package textstream.hadoop;

import org.apache.hadoop.io.BytesWritable;
import org.apache.hadoop.mapred.JobConf;
import org.apache.hadoop.mapred.Partitioner;

/** All of one document to one reducer. Keys are those of src/refresh/hadoop/key.ts. */
public final class DocumentPartitioner implements Partitioner<BytesWritable, BytesWritable> {
  private static final int RECORDS = 2;

  @Override
  public void configure(JobConf job) {}

  @Override
  public int getPartition(BytesWritable key, BytesWritable value, int partitions) {
    byte[] bytes = key.getBytes();
    return bytes[0] == RECORDS ? hashOfUri(bytes, key.getLength()) % partitions : 0;
  }

  /** The uri ends at two zero bytes; one within it is followed by a one. */
  private static int hashOfUri(byte[] key, int length) {
    int hash = 0x811c9dc5;
    for (int at = 1; at + 1 < length && (key[at] != 0 || key[at + 1] != 0); at++) hash = (hash ^ key[at]) * 0x01000193;
    return (hash ^ (hash >>> 15)) & Integer.MAX_VALUE;
  }
}
