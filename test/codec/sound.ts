import { AV_SAMPLE_FMT_FLT, FF_ENCODER_LIBOPUS } from 'node-av/constants';
import { Codec, CodecContext, Dictionary, Frame, Packet, Rational } from 'node-av/lib';
import { channelLayout, floatPlane, ok, present } from '../../src/codec/native.ts';

/** Sample `n` at 48 kHz of a sound; −1 … 1. */
export type Sound = (n: number) => number;

/** A sine of the given pitch and loudness. */
export const tone =
  (hz: number, amplitude = 0.3, rate = 48_000): Sound =>
  (n) =>
    amplitude * Math.sin((2 * Math.PI * hz * n) / rate);

/** Root mean square of samples. */
export function rms(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return samples.length === 0 ? 0 : Math.sqrt(sum / samples.length);
}

/** Energy of one pitch relative to full scale (Goertzel), about the amplitude of the sine. */
export function pitch(samples: Float32Array, hz: number, rate = 48_000): number {
  const w = (2 * Math.PI * hz) / rate;
  let a = 0;
  let b = 0;
  for (const sample of samples) [a, b] = [sample + 2 * Math.cos(w) * a - b, a];
  const power = a * a + b * b - 2 * Math.cos(w) * a * b;
  return (2 * Math.sqrt(Math.max(0, power))) / Math.max(1, samples.length);
}

/** First sample louder than `threshold`, from `from`; −1 when there is none. */
export function onset(samples: Float32Array, threshold = 0.05, from = 0): number {
  for (let i = from; i < samples.length; i += 1) if (Math.abs(samples[i]!) > threshold) return i;
  return -1;
}

/** Encodes a sound as 20 ms Opus packets. */
export async function opusPackets(sound: Sound, packets: number, channels: 1 | 2 = 1): Promise<Uint8Array[]> {
  const codec = present('Opus encoder', Codec.findEncoderByName(FF_ENCODER_LIBOPUS));
  const context = new CodecContext();
  context.allocContext3(codec);
  context.sampleFormat = AV_SAMPLE_FMT_FLT;
  context.sampleRate = 48_000;
  context.channelLayout = channelLayout(channels);
  context.bitRate = 48_000n;
  context.timeBase = new Rational(1, 48_000);
  ok('open Opus encoder', await context.open2(codec, Dictionary.fromObject({ application: 'lowdelay' })));
  const frame = new Frame();
  frame.alloc();
  frame.format = AV_SAMPLE_FMT_FLT;
  frame.sampleRate = 48_000;
  frame.channelLayout = channelLayout(channels);
  frame.nbSamples = 960;
  ok('Opus frame', frame.getBuffer(0));
  const plane = floatPlane(frame.data![0]!, 960 * channels);
  const packet = new Packet();
  packet.alloc();
  const out: Uint8Array[] = [];
  for (let k = 0; k < packets; k += 1) {
    for (let i = 0; i < 960 * channels; i += 1) plane[i] = sound(k * 960 + Math.floor(i / channels));
    frame.pts = BigInt(k * 960);
    ok('send', context.sendFrameSync(frame));
    while (context.receivePacketSync(packet) >= 0) {
      out.push(new Uint8Array(packet.data!));
      packet.unref();
    }
  }
  context.freeContext();
  return out;
}

/** Decodes raw AAC packets one after the other; the first channel, 1024 samples per packet. */
export async function decodeAac(packets: readonly Uint8Array[], config: Uint8Array): Promise<Float32Array> {
  const codec = present('AAC decoder', Codec.findDecoderByName('aac' as never));
  const context = new CodecContext();
  context.allocContext3(codec);
  context.extraData = Buffer.from(config);
  context.threadCount = 1;
  ok('open AAC decoder', await context.open2(codec, null));
  const packet = new Packet();
  packet.alloc();
  const frame = new Frame();
  frame.alloc();
  const pcm = new Float32Array(packets.length * 1024);
  for (const [index, data] of packets.entries()) {
    packet.data = Buffer.from(data);
    ok('decode AAC', context.sendPacketSync(packet));
    ok('receive', context.receiveFrameSync(frame));
    pcm.set(floatPlane(frame.data![0]!, 1024), index * 1024);
    frame.unref();
  }
  context.freeContext();
  return pcm;
}
