package textstream.hadoop;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RemoteIterator;
import org.apache.hadoop.io.BytesWritable;
import org.apache.hadoop.mapred.InputFormat;
import org.apache.hadoop.mapred.InputSplit;
import org.apache.hadoop.mapred.JobConf;
import org.apache.hadoop.mapred.RecordReader;
import org.apache.hadoop.mapred.Reporter;

/**
 * The bytes of log files, in blocks: what is a line, and whether it is a record, the map says. The files are those of
 * inputs.json, which "textstream.inputs" names, whatever their names hold; of each only as much as is listed there.
 *
 * <p>Lines end with \n. A split has ranges of files, and of each the lines that begin in it.
 */
public final class BlockInputFormat implements InputFormat<BytesWritable, BytesWritable> {
  private static final long SPLIT_BYTES = 128L * 1024 * 1024;
  /** A little more is not worth a split of its own. */
  private static final double SLOP = 1.1;

  @Override
  public InputSplit[] getSplits(JobConf job, int wanted) throws IOException {
    long most = Math.max(1, job.getLong("textstream.split.bytes", SPLIT_BYTES));
    List<InputSplit> splits = new ArrayList<>();
    List<BlockSplit.Range> ranges = new ArrayList<>();
    long used = 0;
    for (BlockSplit.Range range : rangesOf(job, most)) {
      if (used > 0 && used + range.length() > most * SLOP) {
        splits.add(new BlockSplit(ranges));
        ranges = new ArrayList<>();
        used = 0;
      }
      ranges.add(range);
      used += range.length();
    }
    if (used > 0) splits.add(new BlockSplit(ranges));
    return splits.toArray(new InputSplit[0]);
  }

  @Override
  public RecordReader<BytesWritable, BytesWritable> getRecordReader(InputSplit split, JobConf job, Reporter reporter) {
    return new BlockReader((BlockSplit) split, job);
  }

  private static List<BlockSplit.Range> rangesOf(JobConf job, long most) throws IOException {
    String list = job.get("textstream.inputs");
    if (list == null) throw new IOException("textstream.inputs is not set: it names the list of what to read");
    List<BlockSplit.Range> ranges = new ArrayList<>();
    int index = 0;
    for (JsonNode listed : new ObjectMapper().readTree(new File(list))) {
      Path path = new Path(listed.get("path").asText());
      addRanges(ranges, index++, statusOf(path, job), listed.get("size").asLong(), most);
    }
    return ranges;
  }

  /** With its blocks, in one call. */
  private static LocatedFileStatus statusOf(Path path, JobConf job) throws IOException {
    RemoteIterator<LocatedFileStatus> found = path.getFileSystem(job).listLocatedStatus(path);
    LocatedFileStatus status = found.hasNext() ? found.next() : null;
    if (status == null || !status.getPath().equals(path.getFileSystem(job).makeQualified(path)) || !status.isFile()) {
      throw new IOException(path + " is no file any more");
    }
    return status;
  }

  private static void addRanges(
      List<BlockSplit.Range> ranges, int index, LocatedFileStatus status, long size, long most) throws IOException {
    boolean packed = BlockReader.isPacked(status.getPath());
    if (status.getLen() < size || (packed && status.getLen() != size)) {
      throw new IOException(status.getPath() + " has changed: it had " + size + " bytes, now " + status.getLen());
    }
    long parts = packed ? Math.min(1, size) : (long) Math.ceil(size / (most * SLOP));
    for (long part = 0; part < parts; part++) {
      long from = size / parts * part + Math.min(part, size % parts);
      long to = size / parts * (part + 1) + Math.min(part + 1, size % parts);
      String[] hosts = hostsOf(status, from);
      ranges.add(new BlockSplit.Range(index, status.getPath(), from, to, size, hosts));
    }
  }

  private static String[] hostsOf(LocatedFileStatus status, long offset) throws IOException {
    return Arrays.stream(status.getBlockLocations())
        .filter(block -> block.getOffset() + block.getLength() > offset)
        .findFirst()
        .map(block -> hosts(block))
        .orElse(new String[0]);
  }

  private static String[] hosts(org.apache.hadoop.fs.BlockLocation block) {
    try {
      return block.getHosts();
    } catch (IOException cause) {
      throw new java.io.UncheckedIOException(cause);
    }
  }
}
