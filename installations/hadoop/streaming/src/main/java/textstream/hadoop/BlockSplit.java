package textstream.hadoop;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.io.Text;
import org.apache.hadoop.mapred.InputSplit;

/** Ranges of files; several where files are small. */
public final class BlockSplit implements InputSplit {
  List<Range> ranges = Collections.emptyList();

  /** For Hadoop, which then reads the fields. */
  public BlockSplit() {}

  BlockSplit(List<Range> ranges) {
    this.ranges = ranges;
  }

  @Override
  public long getLength() {
    return ranges.stream().mapToLong(Range::length).sum();
  }

  /** Where the largest range is. */
  @Override
  public String[] getLocations() {
    return Collections.max(ranges, Comparator.comparingLong(Range::length)).hosts;
  }

  @Override
  public void write(DataOutput out) throws IOException {
    out.writeInt(ranges.size());
    for (Range range : ranges) range.write(out);
  }

  @Override
  public void readFields(DataInput in) throws IOException {
    int count = in.readInt();
    ranges = new ArrayList<>(count);
    for (int i = 0; i < count; i++) ranges.add(Range.read(in));
  }

  @Override
  public String toString() {
    return ranges.toString();
  }

  /** The lines of a file that begin in [from, to); bytes at size and behind do not count. */
  static final class Range {
    /** The file's number in inputs.json. */
    final int index;
    final Path path;
    final long from;
    final long to;
    final long size;
    /** Not written. */
    final String[] hosts;

    Range(int index, Path path, long from, long to, long size, String[] hosts) {
      this.index = index;
      this.path = path;
      this.from = from;
      this.to = to;
      this.size = size;
      this.hosts = hosts;
    }

    long length() {
      return to - from;
    }

    void write(DataOutput out) throws IOException {
      out.writeInt(index);
      Text.writeString(out, path.toString());
      out.writeLong(from);
      out.writeLong(to);
      out.writeLong(size);
    }

    static Range read(DataInput in) throws IOException {
      int index = in.readInt();
      Path path = new Path(Text.readString(in));
      return new Range(index, path, in.readLong(), in.readLong(), in.readLong(), new String[0]);
    }

    @Override
    public String toString() {
      return path + ":" + from + "-" + to;
    }
  }
}
