package textstream.hadoop;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.io.BytesWritable;
import org.apache.hadoop.io.compress.GzipCodec;
import org.apache.hadoop.mapred.RecordReader;
import org.apache.hadoop.util.ReflectionUtils;

/**
 * A split's bytes. Each range begins with an empty key and, as the value, the number of its file, four bytes; then come
 * keys that are offsets in the unpacked file, eight bytes, with the bytes that are there.
 */
final class BlockReader implements RecordReader<BytesWritable, BytesWritable> {
  private static final int PIECE_BYTES = 1024 * 1024;
  private static final int SEEK_BYTES = 64 * 1024;

  private final BlockSplit split;
  private final Configuration job;
  private final byte[] buffer = new byte[PIECE_BYTES];
  private final byte[] number = new byte[8];
  private int next = 0;
  private long before = 0;
  private Lines lines;

  BlockReader(BlockSplit split, Configuration job) {
    this.split = split;
    this.job = job;
  }

  static boolean isPacked(Path path) {
    return path.getName().endsWith(".gz");
  }

  @Override
  public boolean next(BytesWritable key, BytesWritable value) throws IOException {
    for (;;) {
      if (lines == null) {
        if (next == split.ranges.size()) return false;
        lines = new Lines(split.ranges.get(next++));
        key.setSize(0);
        setNumber(value, lines.range.index, 4);
        return true;
      }
      long offset = lines.at;
      int length = lines.read();
      if (length > 0) {
        setNumber(key, offset, 8);
        value.set(buffer, 0, length);
        return true;
      }
      close();
    }
  }

  private void setNumber(BytesWritable target, long value, int length) {
    for (int i = 0; i < length; i++) number[i] = (byte) (value >>> 8 * (length - 1 - i));
    target.set(number, 0, length);
  }

  @Override
  public BytesWritable createKey() {
    return new BytesWritable();
  }

  @Override
  public BytesWritable createValue() {
    return new BytesWritable();
  }

  @Override
  public long getPos() throws IOException {
    return before + (lines == null ? 0 : lines.done());
  }

  @Override
  public float getProgress() throws IOException {
    return Math.min(1, getPos() / (float) Math.max(1, split.getLength()));
  }

  @Override
  public void close() throws IOException {
    if (lines == null) return;
    before += lines.range.length();
    lines.close();
    lines = null;
  }

  /** The lines that begin in a range, from front to back. */
  private final class Lines implements Closeable {
    final BlockSplit.Range range;
    private final FSDataInputStream file;
    private final InputStream in;
    private final long to;
    private final long size;
    /** Offset of what is read next. */
    long at;
    /** The line that was read last has not ended. */
    private boolean open;

    Lines(BlockSplit.Range range) throws IOException {
      this.range = range;
      file = range.path.getFileSystem(job).open(range.path);
      boolean unpacks = range.from == 0 && isGzip();
      in = unpacks ? ReflectionUtils.newInstance(GzipCodec.class, job).createInputStream(file) : file;
      to = unpacks ? Long.MAX_VALUE : range.to;
      size = unpacks ? Long.MAX_VALUE : range.size;
      at = range.from == 0 ? 0 : firstLine();
    }

    /** What is packed, but not called so, would be read as rubbish. */
    private boolean isGzip() throws IOException {
      int length = 0;
      for (int got = 0; got >= 0 && length < 4; got = file.read(buffer, length, 4 - length)) length += got;
      file.seek(0);
      int head = length < 2 ? 0 : (buffer[0] & 0xff) << 8 | buffer[1] & 0xff;
      boolean zstd = length == 4 && head == 0x28b5 && (buffer[2] & 0xff) == 0x2f && (buffer[3] & 0xff) == 0xfd;
      if (zstd) throw new IOException(range.path + " is packed by zstd: unpack it, or pack it by gzip");
      if (head == 0x1f8b && !isPacked(range.path)) {
        throw new IOException(range.path + " is packed by gzip: give it a name that ends in .gz");
      }
      return head == 0x1f8b;
    }

    /** Behind the first newline at or after from - 1, or to, if no line begins before it. */
    private long firstLine() throws IOException {
      file.seek(range.from - 1);
      for (long offset = range.from - 1; offset < to - 1; ) {
        int length = file.read(buffer, 0, (int) Math.min(SEEK_BYTES, to - 1 - offset));
        if (length < 0) return to;
        int newline = indexOfNewline(length);
        if (newline >= 0) {
          file.seek(offset + newline + 1);
          return offset + newline + 1;
        }
        offset += length;
      }
      return to;
    }

    private int indexOfNewline(int length) {
      for (int i = 0; i < length; i++) if (buffer[i] == '\n') return i;
      return -1;
    }

    /** Fills the buffer from its front; 0 at the end. */
    int read() throws IOException {
      int length = at < to ? readPiece() : open && at < size ? readTail() : 0;
      at += length;
      open = length > 0 && buffer[length - 1] != '\n';
      return length;
    }

    private int readPiece() throws IOException {
      int wanted = (int) Math.min(PIECE_BYTES, to - at);
      int length = 0;
      while (length < wanted) {
        int got = in.read(buffer, length, wanted - length);
        if (got < 0) break;
        length += got;
      }
      return length;
    }

    /** Of a line that goes on beyond the range. */
    private int readTail() throws IOException {
      int length = in.read(buffer, 0, (int) Math.min(SEEK_BYTES, size - at));
      if (length <= 0) return 0;
      int newline = indexOfNewline(length);
      return newline < 0 ? length : newline + 1;
    }

    long done() throws IOException {
      return Math.min(range.length(), Math.max(0, file.getPos() - range.from));
    }

    @Override
    public void close() throws IOException {
      in.close();
    }
  }
}
