import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { startSyntheticAnchor, type SyntheticAnchor, type SyntheticAnchorOptions } from '../../src/synthetic/anchor.ts';
import { annexBUnits } from '../../src/synthetic/annex-b.ts';
import { forkSyntheticAnchor } from '../../src/synthetic/forked-anchor.ts';
import { areaInPixels, FLASH_AREA, PATCH_AREA } from '../../src/synthetic/pattern-areas.ts';
import type { CodedPicture } from '../../src/synthetic/video-encoder.ts';
import { WhipError } from '../../src/synthetic/whip-client.ts';
import { avOffsets, findBeeps, findFlashes } from '../kit/flash-beep.ts';
import { runWithin } from '../kit/nal-units.ts';
import { decodeAudio } from '../kit/sound-track.ts';
import { colourDistance, colourOf, decodeVideo } from '../kit/video-frames.ts';
import { receivedPictures, senderTime, writeReceived } from './received-file.ts';
import { until } from './until.ts';
import { WhipSink } from './whip-sink.ts';

const COLOUR = '#d04040';

const unitsOf = (pictures: readonly { data: Uint8Array }[]): Uint8Array[] =>
  pictures.flatMap(({ data }) => annexBUnits(data));

describe('a synthetic anchor', () => {
  let sink: WhipSink;
  let anchor: SyntheticAnchor | undefined;
  let folder: string;

  const options = (more: Partial<SyntheticAnchorOptions> = {}): SyntheticAnchorOptions => ({
    url: sink.url,
    token: 'sig',
    name: 'anchor 1',
    colour: COLOUR,
    ...more,
  });

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'synthetic-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));
  beforeEach(async () => {
    sink = await WhipSink.start();
  });
  afterEach(async () => {
    await anchor?.close();
    anchor = undefined;
    await sink.close();
  });

  it('publishes flash and beep at the same instant of one clock', async () => {
    const sent: CodedPicture[] = [];
    anchor = await startSyntheticAnchor(options(), { onPicture: (picture) => sent.push(picture) });
    const session = sink.latest;
    await until('three seconds of sound', () => session.audio.length > 160);
    await anchor.close();
    assert.ok(session.deleted);

    const pictures = receivedPictures(session);
    assert.equal(runWithin(unitsOf(sent), unitsOf(pictures)), 0, 'what came is what was sent');
    const zero = Math.min(senderTime(session, session.audio[0]!, 48_000), pictures[0]!.atUs);
    const path = join(folder, 'received.mp4');
    await writeReceived(path, session, zero);
    const video = await decodeVideo(path);
    const flashes = findFlashes(video, areaInPixels(FLASH_AREA, 640, 360));
    const beeps = findBeeps(await decodeAudio(path), 1_000);
    assert.ok(flashes.length >= 2, `${flashes.length} flashes`);
    // Each flash is at a whole second of the sender's clock, to a tick of 90 kHz.
    for (const { onsetUs } of flashes)
      assert.ok(Math.abs(((onsetUs + zero + 500_000) % 1_000_000) - 500_000) < 100, String(onsetUs + zero));
    const { medianUs, worstUs } = avOffsets(flashes, beeps);
    assert.ok(Math.abs(medianUs) < 3_000 && Math.abs(worstUs) < 5_000, `median ${medianUs}, worst ${worstUs}`);
    assert.ok(colourDistance(video.frames.at(-1)!.colour(areaInPixels(PATCH_AREA, 640, 360)), colourOf(COLOUR)) < 16);
  });

  it('sends again what was lost and a key frame when asked', async () => {
    anchor = await startSyntheticAnchor(options());
    const session = sink.latest;
    await until('a few pictures', () => session.video.length > 10);
    const lost = session.video[3]!;
    session.nack('video', [lost.seq]);
    // The sink's SRTP drops what it has already had (RFC 3711 §3.3.2); that the bytes are the same is tested on the stream.
    await until('the packet again', () => anchor!.stats().retransmitted === 1);
    const before = anchor.stats().keyFrames;
    session.pli();
    await until('a key frame', () => anchor!.stats().keyFrameRequests === 1 && anchor!.stats().keyFrames > before);
    assert.equal(anchor.stats().sendFailures, 0);
  });

  it('falls silent, or stops, while muted', async () => {
    anchor = await startSyntheticAnchor(options());
    const session = sink.latest;
    await until('sound', () => session.audio.length > 5);
    anchor.muteAudio(true, 'stop');
    anchor.muteVideo(true);
    const { sounds } = anchor.stats();
    const pictures = anchor.stats().pictures;
    await until('black pictures', () => anchor!.stats().pictures > pictures + 10);
    assert.equal(anchor.stats().sounds, sounds);
    anchor.muteAudio(false);
    await until('sound again', () => anchor!.stats().sounds > sounds + 5);
    const last = session.audio.at(-1)!;
    const jump = session.audio.findIndex(
      (packet, index) => index > 0 && packet.timestamp - session.audio[index - 1]!.timestamp > 960,
    );
    assert.ok(jump > 0, 'the pause is a gap in RTP time');
    assert.equal((session.audio[jump]!.seq - session.audio[jump - 1]!.seq) & 0xffff, 1, 'and none in sequence numbers');
    assert.equal(last.payloadType, 111);
  });

  it('shares a screen without sound at 1280×720', async () => {
    anchor = await startSyntheticAnchor(options({ kind: 'screen', fps: 10 }));
    const session = sink.latest;
    await until('pictures', () => session.video.filter(({ marker }) => marker).length > 5);
    assert.equal(session.audio.length, 0);
    assert.deepEqual([...session.tracks.keys()], ['video']);
  });

  it('publishes VP8', async () => {
    anchor = await startSyntheticAnchor(options({ codec: 'vp8', audio: false }));
    const session = sink.latest;
    await until('pictures', () => session.video.length > 5);
    assert.equal(session.video[0]!.payloadType, 96);
    assert.equal(session.video[0]!.payload[0], 0x10);
    assert.equal(session.video[0]!.payload[1]! & 1, 0, 'the first picture is a key frame');
  });

  it('reports a refusal with its status', async () => {
    sink.status = 403;
    await assert.rejects(
      startSyntheticAnchor(options()),
      (error) => error instanceof WhipError && error.status === 403,
    );
    await assert.rejects(
      startSyntheticAnchor(options({ url: 'http://127.0.0.1:1/whip' })),
      (error) => error instanceof WhipError && error.status === 0,
    );
  });

  it('publishes anew after the server died without a word, waiting out refusals', async () => {
    anchor = await startSyntheticAnchor(options({ reconnect: true }));
    const first = sink.latest;
    await until('media', () => first.video.length > 5);
    sink.status = 503;
    await until('a report', () => anchor!.stats().reportsHeard > 0);
    first.vanish();
    await until('the loss is noticed', () => anchor!.stats().state === 'waiting');
    sink.status = 201;
    await until('a second session', () => sink.sessions.length === 2 && anchor!.stats().state === 'connected');
    await until('its media', () => sink.latest.video.length > 5 && sink.latest.audio.length > 5);
    assert.equal(anchor.stats().connects, 2);
  });

  it('lives in a process of its own, is dumped byte by byte, and can vanish', async () => {
    const dumpFile = join(folder, 'sent.h264');
    anchor = await forkSyntheticAnchor(options(), { dumpFile });
    const session = sink.latest;
    await until('pictures', () => session.reports.length > 3 && session.video.length > 20);
    await until('its counters', () => anchor!.stats().pictures > 0);
    await anchor.close();
    assert.ok(session.deleted);
    assert.equal(runWithin(annexBUnits(await readFile(dumpFile)), unitsOf(receivedPictures(session))), 0);

    anchor = await forkSyntheticAnchor(options());
    anchor.kill();
    assert.ok(anchor.closed);
    await anchor.close();
    assert.equal(sink.latest.deleted, false);
  });

  it('reports a refusal out of its own process', async () => {
    sink.status = 401;
    await assert.rejects(forkSyntheticAnchor(options()), (error) => error instanceof WhipError && error.status === 401);
  });
});
