package textstream.hadoop;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.io.BytesWritable;
import org.apache.hadoop.mapred.FileOutputFormat;
import org.apache.hadoop.mapred.JobConf;
import org.apache.hadoop.mapred.RecordWriter;
import org.apache.hadoop.mapred.Reporter;
import org.apache.hadoop.util.Progressable;

/**
 * One file per document: a key is a file's name below the output, a value bytes that are appended to it. Files lie in the
 * task's work folder, so that they are published by Hadoop's committer with the task, or not at all.
 *
 * <p>A name that ends in ".txt" is a document's, and the next such name ends it; all other files are open until the end.
 */
public final class DocumentOutputFormat extends FileOutputFormat<BytesWritable, BytesWritable> {
  /** A small file is mostly waiting for the NameNode. */
  private static final int THREADS = 16;
  /** Documents that wait to be written or closed; each holds one value at most. */
  private static final int WAITING_MAX = 32;

  @Override
  public RecordWriter<BytesWritable, BytesWritable> getRecordWriter(
      FileSystem ignored, JobConf job, String name, Progressable progress) throws IOException {
    Path work = FileOutputFormat.getTaskOutputPath(job, name).getParent();
    return new Writer(work, work.getFileSystem(job), progress);
  }

  private interface Work {
    void run() throws IOException;
  }

  private static final class Writer implements RecordWriter<BytesWritable, BytesWritable> {
    private final Path work;
    private final FileSystem files;
    private final Progressable progress;
    private final Map<String, OutputStream> parts = new HashMap<>();
    private final ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    private final Semaphore room = new Semaphore(WAITING_MAX);
    private final AtomicReference<Throwable> fault = new AtomicReference<>();
    private String document;
    /** The document's only bytes so far; or else it is open. */
    private byte[] held;
    private OutputStream open;

    Writer(Path work, FileSystem files, Progressable progress) {
      this.work = work;
      this.files = files;
      this.progress = progress;
    }

    @Override
    public void write(BytesWritable key, BytesWritable value) throws IOException {
      String name = new String(key.getBytes(), 0, key.getLength(), StandardCharsets.UTF_8);
      if (name.endsWith(".txt")) writeDocument(name, value);
      else partOf(name).write(value.getBytes(), 0, value.getLength());
      progress.progress();
    }

    private OutputStream partOf(String name) throws IOException {
      OutputStream part = parts.get(name);
      if (part == null) parts.put(name, part = create(name));
      return part;
    }

    private OutputStream create(String name) throws IOException {
      return files.create(new Path(work, name), false);
    }

    private void writeDocument(String name, BytesWritable value) throws IOException {
      if (!name.equals(document)) {
        endDocument();
        document = name;
        held = Arrays.copyOf(value.getBytes(), value.getLength());
        return;
      }
      if (open == null) {
        open = create(name);
        open.write(held);
        held = null;
      }
      open.write(value.getBytes(), 0, value.getLength());
    }

    private void endDocument() throws IOException {
      if (document == null) return;
      String name = document;
      byte[] all = held;
      OutputStream stream = open;
      document = null;
      held = null;
      open = null;
      submit(
          () -> {
            try (OutputStream file = stream == null ? create(name) : stream) {
              if (all != null) file.write(all);
            }
          });
    }

    private void submit(Work work) throws IOException {
      check();
      room.acquireUninterruptibly();
      threads.execute(
          () -> {
            try {
              work.run();
            } catch (Throwable thrown) {
              fault.compareAndSet(null, thrown);
            } finally {
              room.release();
            }
          });
    }

    private void check() throws IOException {
      Throwable thrown = fault.get();
      if (thrown != null) throw new IOException("a document could not be written: " + thrown, thrown);
    }

    /** Hadoop also calls this after a fault of the task; then nothing is committed. */
    @Override
    public void close(Reporter reporter) throws IOException {
      try {
        endDocument();
        for (OutputStream part : parts.values()) submit(part::close);
        while (!room.tryAcquire(WAITING_MAX, 1, TimeUnit.SECONDS)) progress.progress();
        check();
      } catch (InterruptedException cause) {
        throw new IOException("interrupted while documents were written", cause);
      } finally {
        threads.shutdownNow();
      }
    }
  }
}
