import { carriesRedundancy } from '../timeline/opus-packet.ts';
import { openOpusDecoderNow, type DecodedSound, type OpusDecoder, type PacketDecoder } from './opus-decoder.ts';
import { openOpusFecDecoder, type OpusFecDecoder } from './opus-fec-decoder.ts';

/** Silent packets that are still decoded, so that the sound before them fades as the sender meant it to. */
const fadingPackets = 3;
/** A decoder's memory reaches back about so many packets: fed with them, another one goes on where it left off. */
const warmUpPackets = 10;
/** Concealed sound keeps its loudness for 40 ms and is gone after 120 ms (48 kHz samples): longer, it would be a buzz. */
const steadySamples = 1920;
const mostConcealed = 5760;
/** What comes after a fade or a hole rises within 5 ms. */
const riseSamples = 240;

const loudnessAfter = (concealed: number): number =>
  Math.min(1, Math.max(0, (mostConcealed - concealed) / (mostConcealed - steadySamples)));

/** Moves the gain from one value to another over the first `length` samples, in place; it stays at the second. */
function ramp(planes: readonly Float32Array[], from: number, to: number, length: number): void {
  if (from === 1 && to === 1) return;
  for (const plane of planes)
    for (let i = 0; i < plane.length; i += 1) plane[i]! *= i < length ? from + ((to - from) * i) / length : to;
}

/**
 * One sender's Opus packets as sound: what is silent is not decoded, what was lost can be mended. The sound that a call
 * gives is valid until the next.
 */
export class OpusVoice {
  readonly #channels: 1 | 2;
  #plain: OpusDecoder | undefined;
  /** In use instead of the plain one since the first loss that redundancy could mend. */
  #mending: OpusFecDecoder | undefined;
  /** Open for that moment, since the first packet with redundancy. */
  #spare: OpusFecDecoder | undefined;
  #opening = false;
  readonly #recent: Uint8Array[] = [];
  #silentRun = 0;
  #undecoded: Uint8Array | undefined;
  #concealed = 0;
  #gain = 1;
  #broken = 0;
  #closed = false;

  /** Takes over a decoder; without one it is opened by the first packet that is not silent. */
  constructor(channels: 1 | 2, decoder?: OpusDecoder) {
    this.#channels = channels;
    this.#plain = decoder;
  }

  /** Packets that did not decode. */
  get broken(): number {
    return this.#broken;
  }

  /**
   * Sound of the next packet; undefined when it is silence or broken. `silent` says that the sender marked it so (RFC
   * 6464). @throws NativeError when no decoder opens.
   */
  decode(data: Uint8Array, silent: boolean): DecodedSound | undefined {
    this.#silentRun = silent ? this.#silentRun + 1 : 0;
    if (this.#silentRun > fadingPackets || (silent && this.#recent.length === 0)) {
      this.#undecoded = data;
      return undefined;
    }
    this.#catchUp();
    const sound = this.#take(data);
    if (sound) this.#rise(sound);
    else this.#broken += 1;
    return sound;
  }

  /** Gets ready for losses before `next`: true when the last of them can be had by {@link OpusVoice.recover}. */
  canRecover(next: Uint8Array): boolean {
    if (!carriesRedundancy(next)) return false;
    this.#catchUp();
    if (!this.#mending) this.#changeOver();
    return this.#mending !== undefined;
  }

  /** Sound for the place of a lost packet, as long as the last one; undefined when silence is better. */
  conceal(): DecodedSound | undefined {
    if (this.#silentRun > 0 || this.#concealed >= mostConcealed) return undefined;
    const sound = this.#decoder?.conceal();
    if (!sound) return undefined;
    this.#concealed += sound.samples;
    const loudness = loudnessAfter(this.#concealed);
    ramp(sound.planes, this.#gain, loudness, sound.samples);
    this.#gain = loudness;
    return sound;
  }

  /** Sound of the lost packet right before `next`, which has a coarser coding of it. */
  recover(next: Uint8Array): DecodedSound | undefined {
    const sound = this.#mending?.recover(next);
    if (sound) this.#rise(sound);
    return sound;
  }

  /** What comes next follows on silence, in the middle of what the sender said. */
  breakOff(): void {
    this.#gain = 0;
  }

  /** The next packet comes from another encoder. */
  reset(): void {
    this.#undecoded = undefined;
    this.#recent.length = 0;
    this.#silentRun = 0;
    this.#concealed = 0;
    this.#gain = 1;
    this.#plain?.reset();
    this.#mending?.close();
    this.#mending = undefined;
  }

  /** Frees the decoders. Idempotent. */
  close(): void {
    this.#closed = true;
    for (const decoder of [this.#plain, this.#mending, this.#spare]) decoder?.close();
    this.#plain = this.#mending = this.#spare = undefined;
  }

  get #decoder(): PacketDecoder | undefined {
    return this.#mending ?? this.#plain;
  }

  #take(data: Uint8Array): DecodedSound | undefined {
    if (this.#closed) return undefined;
    if (!this.#mending && carriesRedundancy(data)) this.#openSpare();
    this.#recent.push(data);
    if (this.#recent.length > warmUpPackets) this.#recent.shift();
    const decoder = this.#mending ?? (this.#plain ??= openOpusDecoderNow(this.#channels));
    return decoder.decode(data);
  }

  /** The decoder's memory must be of the silence just before what comes now, not of the last words before it. */
  #catchUp(): void {
    const data = this.#undecoded;
    this.#undecoded = undefined;
    if (data) this.#take(data);
  }

  #rise(sound: DecodedSound): void {
    ramp(sound.planes, this.#gain, 1, riseSamples);
    this.#gain = 1;
    this.#concealed = 0;
  }

  #changeOver(): void {
    const spare = this.#spare;
    if (!spare) return;
    for (const data of this.#recent) spare.decode(data);
    this.#mending = spare;
    this.#spare = undefined;
    this.#plain?.close();
    this.#plain = undefined;
  }

  #openSpare(): void {
    if (this.#opening || this.#spare) return;
    this.#opening = true;
    // Where WebAssembly is refused, losses are concealed instead.
    void openOpusFecDecoder(this.#channels).then(
      (decoder) => this.#keepSpare(decoder),
      () => {},
    );
  }

  #keepSpare(decoder: OpusFecDecoder): void {
    this.#opening = false;
    if (this.#closed) decoder.close();
    else this.#spare = decoder;
  }
}
