import type { AudioPacket, SegmentWriter, VideoPacket } from '../segment/segment-writer.ts';
import { micros, type Micros } from '../units.ts';

/**
 * Brings the coded pictures and sounds of one file into the order of their times. The picture encoder looks ahead, so
 * sound is always further than picture; it waits here until the pictures have caught up. Pure.
 */
export class Interleaver {
  readonly #writer: Pick<SegmentWriter, 'writeVideo' | 'writeAudio'>;
  readonly #waitForVideo: boolean;
  readonly #sounds: AudioPacket[] = [];
  /** Pictures since the one that is shown last, which may be decoded before others that are shown before it. */
  #group: VideoPacket[] = [];
  #latest = -Infinity;
  #until = micros(0);

  /** `hasVideo` false lets sound through at once. */
  constructor(writer: Pick<SegmentWriter, 'writeVideo' | 'writeAudio'>, hasVideo: boolean) {
    this.#writer = writer;
    this.#waitForVideo = hasVideo;
  }

  /** Time up to which everything was handed on, from the recording's zero. */
  get until(): Micros {
    return this.#until;
  }

  /** Sounds that wait. */
  get waiting(): number {
    return this.#sounds.length;
  }

  /**
   * Sound that belongs before the picture goes first; ties go to the picture. A picture waits for those that are shown
   * before it, so that a file that ends anywhere has no hole among its pictures.
   */
  video(packet: VideoPacket): void {
    if (packet.pts > this.#latest) this.#releaseGroup();
    this.#latest = Math.max(this.#latest, packet.pts);
    this.#group.push(packet);
  }

  /** Takes sound in order of time. */
  audio(packet: AudioPacket): void {
    if (this.#waitForVideo) this.#sounds.push(packet);
    else this.#write(packet);
  }

  /** Lets everything through; for the end of the file. */
  flush(): void {
    this.#releaseGroup();
    this.#soundsBefore(Number.POSITIVE_INFINITY);
  }

  #releaseGroup(): void {
    for (const packet of this.#group.splice(0)) {
      this.#soundsBefore(packet.dts);
      this.#writer.writeVideo(packet);
      this.#until = packet.dts;
    }
  }

  #soundsBefore(time: number): void {
    let count = 0;
    while (count < this.#sounds.length && this.#sounds[count]!.pts < time) count += 1;
    for (const sound of this.#sounds.splice(0, count)) this.#write(sound);
  }

  #write(packet: AudioPacket): void {
    this.#writer.writeAudio(packet);
    this.#until = packet.pts;
  }
}
