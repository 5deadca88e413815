import { setTimeout as sleep } from 'node:timers/promises';
import { Encoder, Muxer } from 'node-av/api';
import {
  AV_CHANNEL_LAYOUT_STEREO,
  AV_PIX_FMT_YUV420P,
  AV_SAMPLE_FMT_FLT,
  FF_ENCODER_LIBOPUS,
  FF_ENCODER_LIBX264,
} from 'node-av/constants';
import { Frame } from 'node-av/lib';

const FPS = 25;

/** FFmpeg's own WHIP muxer as a publisher: sends a grey picture and silence for that many seconds, in real time. */
export async function publishWithFfmpeg(url: string, sig: string, seconds: number): Promise<void> {
  const video = await Encoder.create(FF_ENCODER_LIBX264, {
    bitrate: 500_000,
    gopSize: FPS,
    maxBFrames: 0,
    options: { preset: 'ultrafast', tune: 'zerolatency', profile: 'baseline' },
  });
  const audio = await Encoder.create(FF_ENCODER_LIBOPUS, { bitrate: 64_000 });
  const muxer = await Muxer.open(url, { format: 'whip', options: { authorization: sig } });
  const streams = { video: muxer.addStream(video), audio: muxer.addStream(audio) };
  try {
    for (let index = 0; index < seconds * FPS; index++) {
      await video.encode(picture(index));
      for (let packet = await video.receive(); packet; packet = await video.receive()) {
        await muxer.writePacket(packet, streams.video);
      }
      for (const sample of [index * 2, index * 2 + 1]) await audio.encode(silence(sample));
      for (let packet = await audio.receive(); packet; packet = await audio.receive()) {
        await muxer.writePacket(packet, streams.audio);
      }
      await sleep(1000 / FPS);
    }
  } finally {
    await muxer.close();
    video.close();
    audio.close();
  }
}

function picture(index: number): Frame {
  const pixels = Buffer.alloc((320 * 180 * 3) / 2, 128);
  return Frame.fromVideoBuffer(pixels, {
    width: 320,
    height: 180,
    format: AV_PIX_FMT_YUV420P,
    pts: BigInt(index),
    timeBase: { num: 1, den: FPS },
  });
}

function silence(index: number): Frame {
  return Frame.fromAudioBuffer(Buffer.alloc(960 * 2 * 4), {
    nbSamples: 960,
    format: AV_SAMPLE_FMT_FLT,
    sampleRate: 48000,
    channelLayout: AV_CHANNEL_LAYOUT_STEREO,
    pts: BigInt(index * 960),
    timeBase: { num: 1, den: 48000 },
  });
}
