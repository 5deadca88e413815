import type { SegmentWriter } from '../segment/segment-writer.ts';
import type { SpoolFile } from './spool-writer.ts';

/** A writer that can end a section and go on later. */
interface SectionWriter extends SegmentWriter {
  pause(): void;
  stats(): { readonly lostBytes: number };
}

/**
 * The file of a mix in one epoch, which may be written by two mixes one after the other: that of what the owner before
 * had not written, and the live one. Each writes a section.
 */
export class MixFile {
  readonly #openWriter: (file: SpoolFile) => SectionWriter;
  #writer: SectionWriter | undefined;
  #requestKeyFrame = (): void => {};

  /** Touches no disk yet. */
  constructor(openWriter: (file: SpoolFile) => SectionWriter) {
    this.#openWriter = openWriter;
  }

  /** A section of the file; the one before has ended. Its `close` ends it and leaves the file open. */
  open(file: SpoolFile): SegmentWriter {
    this.#requestKeyFrame = file.requestKeyFrame;
    const writer = (this.#writer ??= this.#openWriter({ ...file, requestKeyFrame: () => this.#requestKeyFrame() }));
    return {
      writeVideo: (packet) => writer.writeVideo(packet),
      writeAudio: (packet) => writer.writeAudio(packet),
      cutAt: (at) => writer.cutAt(at),
      flush: () => writer.flush(),
      close: () => writer.pause(),
    };
  }

  /** Bytes that the disk refused so far. */
  get lostBytes(): number {
    return this.#writer?.stats().lostBytes ?? 0;
  }

  /** Ends the file; everything is on the disk when the call returns. Idempotent. */
  close(): void {
    this.#writer?.close();
  }
}
