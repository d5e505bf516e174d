import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import org.apache.hadoop.io.BytesWritable;
import org.apache.hadoop.io.DataInputBuffer;
import org.apache.hadoop.io.DataOutputBuffer;
import org.apache.hadoop.mapred.InputSplit;
import org.apache.hadoop.mapred.JobConf;
import org.apache.hadoop.mapred.RecordReader;
import org.apache.hadoop.mapred.RecordWriter;
import org.apache.hadoop.mapred.Reporter;
import textstream.hadoop.BlockInputFormat;
import textstream.hadoop.BlockSplit;
import textstream.hadoop.DocumentOutputFormat;
import textstream.hadoop.DocumentPartitioner;

/** Our classes for Hadoop without Hadoop: many inputs in one JVM. Run as it stands, by the test beside which it lies. */
public final class Blocks {
  private static final DataOutputStream out = new DataOutputStream(new BufferedOutputStream(System.out, 1 << 20));
  private static final DataInputStream in = new DataInputStream(new BufferedInputStream(System.in, 1 << 20));

  public static void main(String[] words) throws Exception {
    if (words[0].equals("read")) for (int i = 1; i < words.length; i += 2) read(words[i], words[i + 1]);
    if (words[0].equals("partition")) partition(Integer.parseInt(words[1]));
    if (words[0].equals("write")) write(words[1]);
    out.flush();
  }

  /** The number of splits, or −1 and an error; for each split its frames, each behind a 1, and a 0. */
  private static void read(String inputs, String splitBytes) throws IOException {
    JobConf job = new JobConf(false);
    job.set("textstream.inputs", inputs);
    job.set("textstream.split.bytes", splitBytes);
    DataOutputBuffer made = new DataOutputBuffer();
    try {
      InputSplit[] splits = new BlockInputFormat().getSplits(job, 1);
      made.writeInt(splits.length);
      for (InputSplit split : splits) readSplit(sent(split), job, made);
    } catch (IOException thrown) {
      made.reset();
      made.writeInt(-1);
      writeBytes(made, new BytesWritable(String.valueOf(thrown.getMessage()).getBytes("UTF-8")));
    }
    out.write(made.getData(), 0, made.getLength());
  }

  /** As a task gets it. */
  private static InputSplit sent(InputSplit split) throws IOException {
    DataOutputBuffer sent = new DataOutputBuffer();
    split.write(sent);
    DataInputBuffer got = new DataInputBuffer();
    got.reset(sent.getData(), sent.getLength());
    BlockSplit copy = new BlockSplit();
    copy.readFields(got);
    if (copy.getLength() != split.getLength()) throw new AssertionError("a split changes on its way");
    return copy;
  }

  private static void readSplit(InputSplit split, JobConf job, DataOutputBuffer made) throws IOException {
    RecordReader<BytesWritable, BytesWritable> reader =
        new BlockInputFormat().getRecordReader(split, job, Reporter.NULL);
    BytesWritable key = reader.createKey();
    BytesWritable value = reader.createValue();
    while (reader.next(key, value)) {
      made.writeInt(1);
      writeBytes(made, key);
      writeBytes(made, value);
      float progress = reader.getProgress();
      if (!(progress >= 0 && progress <= 1)) throw new AssertionError("progress " + progress);
    }
    reader.close();
    made.writeInt(0);
  }

  private static void writeBytes(DataOutputBuffer to, BytesWritable bytes) throws IOException {
    to.writeInt(bytes.getLength());
    to.write(bytes.getBytes(), 0, bytes.getLength());
  }

  private static BytesWritable readBytes() throws IOException {
    byte[] bytes = new byte[in.readInt()];
    in.readFully(bytes);
    return new BytesWritable(bytes);
  }

  private static void partition(int partitions) throws IOException {
    DocumentPartitioner partitioner = new DocumentPartitioner();
    try {
      for (;;) out.writeInt(partitioner.getPartition(readBytes(), null, partitions));
    } catch (EOFException end) {
    }
  }

  private static void write(String folder) throws IOException {
    JobConf job = new JobConf(false);
    job.set("mapreduce.output.fileoutputformat.outputdir", "file://" + folder);
    job.set("mapreduce.task.attempt.id", "attempt_1_0001_r_000003_0");
    RecordWriter<BytesWritable, BytesWritable> writer =
        new DocumentOutputFormat().getRecordWriter(null, job, "part-00000", Reporter.NULL);
    try {
      for (;;) writer.write(readBytes(), readBytes());
    } catch (EOFException end) {
    }
    writer.close(Reporter.NULL);
  }
}
