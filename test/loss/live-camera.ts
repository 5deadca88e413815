import { createHash } from 'node:crypto';
import { AV_PICTURE_TYPE_I, AV_PICTURE_TYPE_NONE, AV_PIX_FMT_YUV420P, FF_ENCODER_LIBX264 } from 'node-av/constants';
import { Codec, CodecContext, Dictionary, Frame, Packet, Rational } from 'node-av/lib';
import { ok, present } from '../../src/codec/native.ts';
import { PictureDecoder } from '../../src/mixed/picture-decoder.ts';
import { wallUs } from '../../src/units.ts';

export const size = { width: 320, height: 192 };
/** Pictures a second. */
export const rate = 25;
/** The number of a picture stands in its upper rows, a block for each bit, the lowest at the left. */
export const bits = 10;
const block = 32;
const [dark, bright] = [40, 200];

/** A camera that codes its numbered pictures one by one, with a key picture whenever it is asked for one. */
export class LiveCamera {
  /** What each picture looks like where nothing was lost: a hash of its decoded luma, by number. */
  readonly looks: string[] = [];
  readonly #context: CodecContext;
  readonly #frame = new Frame();
  readonly #packet = new Packet();
  readonly #decoder = new PictureDecoder('h264');
  readonly #decoded = new Frame();
  #seed = 1;

  private constructor(context: CodecContext) {
    this.#context = context;
    this.#frame.alloc();
    this.#frame.width = size.width;
    this.#frame.height = size.height;
    this.#frame.format = AV_PIX_FMT_YUV420P;
    ok('frame', this.#frame.getBuffer(64));
    this.#packet.alloc();
    this.#decoded.alloc();
  }

  static async open(): Promise<LiveCamera> {
    const codec = present('encoder', Codec.findEncoderByName(FF_ENCODER_LIBX264));
    const context = new CodecContext();
    context.allocContext3(codec);
    context.width = size.width;
    context.height = size.height;
    context.pixelFormat = AV_PIX_FMT_YUV420P;
    context.timeBase = new Rational(1, rate);
    context.framerate = new Rational(rate, 1);
    context.gopSize = 100_000;
    context.bitRate = 900_000n;
    context.threadCount = 1;
    const settings = { preset: 'ultrafast', tune: 'zerolatency', profile: 'baseline', 'forced-idr': '1' };
    ok('open', await context.open2(codec, Dictionary.fromObject(settings)));
    return new LiveCamera(context);
  }

  /** The next picture, coded. */
  take(key: boolean): Buffer {
    const n = this.looks.length;
    this.#paint(n);
    this.#frame.pts = BigInt(n);
    this.#frame.pictType = key ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
    ok('encode', this.#context.sendFrameSync(this.#frame));
    ok('coded', this.#context.receivePacketSync(this.#packet));
    const data = Buffer.from(present('data', this.#packet.data));
    this.#packet.unref();
    this.#look(data);
    return data;
  }

  #look(data: Buffer): void {
    this.#decoder.send(data, wallUs(0));
    if (this.#decoder.receive(this.#decoded) === undefined) throw new Error('the camera cannot be decoded');
    this.looks.push(lookOf(this.#decoded));
  }

  /** Bits above; below them noise that takes the bitrate, coarse enough to be coded well. */
  #paint(n: number): void {
    ok('writable', this.#frame.makeWritable());
    const planes = present('planes', this.#frame.data);
    const stride = this.#frame.linesize[0]!;
    for (let bit = 0; bit < bits; bit++)
      for (let y = 0; y < block; y++) {
        const from = y * stride + bit * block;
        planes[0]!.fill((n >> bit) & 1 ? bright : dark, from, from + block);
      }
    for (let y = block; y < size.height; y += 8)
      for (let x = 0; x < size.width; x += 8) {
        this.#seed = (this.#seed * 1_103_515_245 + 12_345) % 2 ** 31;
        const grey = 90 + ((this.#seed >> 16) % 60);
        for (let row = y; row < y + 8; row++) planes[0]!.fill(grey, row * stride + x, row * stride + x + 8);
      }
    planes[1]!.fill(128);
    planes[2]!.fill(128);
  }
}

/** Every sample of the picture's luma in one hash. */
export function lookOf(frame: Frame): string {
  const luma = present('planes', frame.data)[0]!;
  const stride = frame.linesize[0]!;
  const hash = createHash('md5');
  for (let y = 0; y < frame.height; y++) hash.update(luma.subarray(y * stride, y * stride + frame.width));
  return hash.digest('hex');
}

/** The number that a picture shows, at whatever size it is shown; undefined when a bit can be read as neither. */
export function numberIn(frame: Frame): number | undefined {
  const luma = present('planes', frame.data)[0]!;
  const stride = frame.linesize[0]!;
  const [wide, high] = [frame.width / bits, (frame.height * block) / size.height];
  let number = 0;
  for (let bit = 0; bit < bits; bit++) {
    const at = Math.floor(high / 2) * stride + Math.floor((bit + 0.5) * wide);
    const value = luma[at]!;
    if (Math.abs(value - bright) < 40) number |= 1 << bit;
    else if (Math.abs(value - dark) >= 40) return undefined;
  }
  return number;
}
