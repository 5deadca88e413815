import { AV_PIX_FMT_YUV420P } from 'node-av/constants';
import { Frame } from 'node-av/lib';
import { openH264Encoder } from '../../codec/h264-encoder.ts';
import { ok, present } from '../../codec/native.ts';
import { micros } from '../../units.ts';

/** A process of its own, which a damaged library may take down: loads both native packages and codes some pictures. */

const PICTURES = 5;

const { PeerConnection, cleanup } = await import('node-datachannel');
new PeerConnection('doctor', { iceServers: [] }).close();
const encoder = await openH264Encoder({ width: 320, height: 180 });
const frame = new Frame();
frame.alloc();
Object.assign(frame, { width: 320, height: 180, format: AV_PIX_FMT_YUV420P });
ok('picture', frame.getBuffer(64));
for (const plane of present('planes', frame.data)) plane.fill(128);
let pictures = 0;
for (let n = 0; n < PICTURES; n += 1) pictures += encoder.encode(frame, micros(n * 40_000)).length;
pictures += encoder.finish().length;
cleanup();
process.stdout.write(JSON.stringify({ pictures }), () => process.exit(0));
